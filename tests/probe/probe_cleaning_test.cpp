// What a killed probe left is ended, and nothing else is ever stopped.
#include <fstream>

#include "catch.h"
#include "probe/probe_kit.h"

using namespace keeper;
using namespace keeper::test;

namespace {

// As if the probe had been killed after the start, or before its answer.
struct Killed {
  explicit Killed(Probed& probed, bool answered) {
    probe::Journal journal = probed.journal().value();
    const SessionId session{"00112233445566778899aabbccddeeff"};
    const std::size_t number = journal.intend(session, probed.pace.now().wall).value();
    probe::Conversation conversation = probed.conversation();
    const probe::Heard heard = conversation.ask(EffectKind::start, session);
    REQUIRE(heard.remote() != nullptr);
    remote = heard.remote()->id;
    if (answered) static_cast<void>(journal.note_remote(number, remote).value());
  }
  RemoteId remote;
};

std::vector<std::string> clean_up(Probed& probed) {
  std::vector<probe::Journal> journals = probe::Journal::left_in(probed.folder.path()).value();
  REQUIRE(journals.size() == 1);
  probe::Conversation conversation = probed.conversation();
  std::vector<std::string> left =
      clean(conversation, journals.front(), std::chrono::minutes{2}, probed.ports);
  CHECK(left.empty() == journals.front().is_clean());
  if (left.empty()) static_cast<void>(journals.front().close().value());
  return left;
}

RemoteId started_by_stranger(Probed& probed) {
  probe::Terms theirs = probed.terms;
  theirs.instance = InstanceId{"ffffffffffffffffffffffffffffffff"};
  probe::Conversation conversation(*probed.provider, theirs, probed.pace, *probed.trace);
  const probe::Heard heard =
      conversation.ask(EffectKind::start, SessionId{"ffeeddccbbaa99887766554433221100"});
  REQUIRE(heard.remote() != nullptr);
  return heard.remote()->id;
}

bool lives(Probed& probed, const RemoteId& remote) {
  for (const Json& one : probed.playground.remotes(true)) {
    if (one.at("id") == remote.str()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("what a killed probe left is ended by its id, and its journal goes") {
  for (const char* adapter : {"notte", "notte legacy", "http", "videosdk", "sonoran_cms"}) {
    INFO(adapter);
    Probed probed(adapter);
    const Killed killed(probed, true);
    CHECK(lives(probed, killed.remote));
    CHECK(clean_up(probed).empty());
    CHECK_FALSE(lives(probed, killed.remote));
    CHECK(probed.folder.files() == 0);
  }
}

TEST_CASE("what a start made whose answer was lost is found by its tag, whoever else started one meanwhile") {
  Probed probed("videosdk");
  const RemoteId before = started_by_stranger(probed);
  const Killed killed(probed, false);
  const RemoteId after = started_by_stranger(probed);
  CHECK(clean_up(probed).empty());
  CHECK_FALSE(lives(probed, killed.remote));
  CHECK(lives(probed, before));
  CHECK(lives(probed, after));
}

TEST_CASE("without tags what a lost start made is found by its time, if it alone fits") {
  Probed probed("notte");
  started_by_stranger(probed);
  probed.pace.wait(probed.pace.now().mono + std::chrono::minutes{2});
  const Killed killed(probed, false);
  CHECK(clean_up(probed).empty());
  CHECK_FALSE(lives(probed, killed.remote));
  CHECK(probed.live() == 1);
}

TEST_CASE("without tags nothing is stopped where two sessions fit, and both are named") {
  Probed probed("notte");
  const RemoteId stranger = started_by_stranger(probed);
  const Killed killed(probed, false);
  const std::vector<std::string> left = clean_up(probed);
  REQUIRE(left.size() == 1);
  CHECK(left.front().find(stranger.str()) != std::string::npos);
  CHECK(left.front().find(killed.remote.str()) != std::string::npos);
  CHECK(probed.live() == 2);
  CHECK(probed.folder.files() == 1);
}

TEST_CASE("without tags a session that the daemon's ledger has is never taken for the probe's") {
  Probed probed("notte");
  probe::Journal journal = probed.journal().value();
  static_cast<void>(
      journal.intend(SessionId{"00112233445566778899aabbccddeeff"}, probed.pace.now().wall).value());
  const RemoteId kept = started_by_stranger(probed);
  probed.ports.is_kept = [&](const RemoteId& remote) { return remote == kept; };
  probe::Conversation conversation = probed.conversation();
  CHECK(clean(conversation, journal, std::chrono::minutes{2}, probed.ports).empty());
  CHECK(journal.is_clean());
  CHECK(lives(probed, kept));
}

TEST_CASE(
    "a start that never left is over once two whole lists do not show it, and not by a list that is cut") {
  for (const bool cut : {false, true}) {
    Probed probed("videosdk");
    if (cut) probed.playground.fault({{"operation", "list"}, {"status", 500}});
    probe::Journal journal = probed.journal().value();
    static_cast<void>(
        journal.intend(SessionId{"00112233445566778899aabbccddeeff"}, probed.pace.now().wall).value());
    probe::Conversation conversation = probed.conversation();
    const Mono begun = probed.pace.now().mono;
    CHECK(clean(conversation, journal, std::chrono::minutes{2}, probed.ports).empty() == !cut);
    CHECK(probed.pace.now().mono - begun >= probed.terms.traits.request_timeout + Seconds{15});
  }
}

TEST_CASE("a start whose tag the list leaves out is not taken for absent, and what may be its is named") {
  Probed probed("videosdk");
  const Killed killed(probed, false);
  probed.playground.fault({{"lie_tag_hidden", true}});
  const std::vector<std::string> left = clean_up(probed);
  REQUIRE(left.size() == 1);
  CHECK(left.front().find(killed.remote.str()) != std::string::npos);
  CHECK(lives(probed, killed.remote));
  probed.playground.heal();
  CHECK(clean_up(probed).empty());
  CHECK(probed.live() == 0);
}

TEST_CASE("a stop that is not obeyed leaves the journal, and says so") {
  Probed probed("notte");
  const Killed killed(probed, true);
  probed.playground.fault({{"lie_stop_ignored", true}});
  const std::vector<std::string> left = clean_up(probed);
  REQUIRE(left.size() == 1);
  CHECK(left.front().find(killed.remote.str()) != std::string::npos);
  CHECK(probed.folder.files() == 1);
  probed.playground.heal();
  CHECK(clean_up(probed).empty());
  CHECK(probed.live() == 0);
}

TEST_CASE("a session that reads do not know is not over while it is listed") {
  Probed probed("notte");
  const Killed killed(probed, true);
  probed.playground.fault({{"lie_reads_unknown", true}, {"operation", "stop"}, {"status", 503}});
  CHECK(clean_up(probed).size() == 1);
  CHECK(lives(probed, killed.remote));
}

TEST_CASE("the journal of a probe that runs is left alone, and a half-written line is none") {
  Probed probed("notte");
  {
    probe::Journal journal = probed.journal().value();
    static_cast<void>(journal.intend(SessionId{"a"}, probed.pace.now().wall).value());
    CHECK(probe::Journal::left_in(probed.folder.path()).value().empty());
    std::ofstream(journal.path(), std::ios::app) << R"({"start":1,"sess)";
  }
  std::vector<probe::Journal> journals = probe::Journal::left_in(probed.folder.path()).value();
  REQUIRE(journals.size() == 1);
  CHECK(journals.front().starts().size() == 1);
  CHECK(journals.front().head().provider == probed.terms.provider);
  CHECK(journals.front().head().parameters == probed.terms.plan.parameters);
  CHECK(journals.front().intend(SessionId{"b"}, probed.pace.now().wall).value() == 1);
}

TEST_CASE("a probe that is asked to end leaves nothing running, whenever it is asked") {
  for (const char* adapter : {"notte", "videosdk"}) {
    for (int waits = 0; waits < 60; waits += waits < 12 ? 1 : 12) {
      Probed probed(adapter);
      probed.pace.waits_until_called_off = waits;
      const probe::Outcome outcome = probed.run();
      INFO(adapter << ", after " << waits << " waits: " << outcome.broken_off);
      CHECK(outcome.left.empty());
      CHECK(probed.live() == 0);
      CHECK(probed.folder.files() == 0);
    }
  }
}
