// Each lie of a provider is found by the verdict on the claim that it is about; and where nobody lies, all
// claims hold. The adapters are the program's own, and the provider is the sandbox.
#include <vector>

#include "catch.h"
#include "probe/probe_kit.h"

using namespace keeper;
using namespace keeper::test;
using probe::Claim;
using probe::Verdict;

namespace {

struct Lie {
  const char* what;
  const char* adapter;
  Json rule;  // POST /faults
  Claim claim;
  const char* figure;  // a part of it
};

const std::vector<Lie>& lies() {
  static const std::vector<Lie> all{
      {"the list leaves the new session out",
       "notte",
       {{"list_hides_ms", 3600000}},
       Claim::listed,
       "not within 60"},
      {"the list lags by 30 s", "notte", {{"list_hides_ms", 30000}}, Claim::listed, "after 3"},
      {"the list lags by 30 s, described", "http", {{"list_hides_ms", 30000}}, Claim::listed, "after 3"},
      {"the list is cut at a page", "notte", {{"list_shows_max", 0}}, Claim::whole, "0 of"},
      {"a heartbeat is accepted and moves nothing",
       "notte",
       {{"notte_touching_calls", Json::array()}},
       Claim::heartbeat_moves,
       "as without the heartbeat"},
      {"a heartbeat moves the time of activity alone",
       "http",
       {{"lie_activity_only_told", true}},
       Claim::heartbeat_moves,
       "as without the heartbeat"},
      {"a heartbeat is refused", "notte", {{"operation", "activity"}, {"status", 409}}, Claim::heartbeat, ""},
      {"the idle timeout is half of what is told",
       "notte",
       {{"lie_idle_percent", 50}},
       Claim::idle_timeout,
       "; the plan says 3m"},
      {"the idle timeout is never", "notte", {{"lie_idle_percent", 100000}}, Claim::idle_timeout, "it lives"},
      {"a stop is answered as done and stops nothing",
       "notte",
       {{"lie_stop_ignored", true}},
       Claim::stop,
       "still 'active'"},
      {"a second stop is a 500",
       "notte",
       {{"lie_second_stop_status", 500}},
       Claim::second_stop,
       "answered 500"},
      {"an idle end is told as closed",
       "notte",
       {{"notte_status_after_idle", "closed"}},
       Claim::idle_end,
       "closed"},
      {"the same Idempotency-Key starts twice",
       "notte",
       {{"notte_idempotency_key", false}},
       Claim::second_start,
       "a second session"},
      {"states are told in other words", "notte", {{"lie_words", true}}, Claim::active, "'live'"},
      {"the clock is five minutes off", "notte", {{"date_header", "minutes_old"}}, Claim::clock, "behind"},
      {"the list leaves the tag out", "videosdk", {{"lie_tag_hidden", true}}, Claim::tag, "not shown"},
      {"created_at is an hour early",
       "notte",
       {{"created_early_seconds", 3600}},
       Claim::created_at,
       "before the start"},
      {"the maximum is half of what was asked for",
       "notte",
       {{"lie_maximum_percent", 50}},
       Claim::maximum,
       "12h"},
      {"a session never becomes active",
       "videosdk",
       {{"videosdk_start_outcome", "stuck"}},
       Claim::active,
       "'queued'"},
      {"a session fails after its start",
       "videosdk",
       {{"videosdk_start_outcome", "failed"}},
       Claim::active,
       "it ended at once"},
      {"a stopped session stays listed",
       "notte",
       {{"lie_list_keeps_ended", true}},
       Claim::unlisted,
       "still listed"},
      {"an unknown session is no 404",
       "notte",
       {{"lie_unknown_status", 500}},
       Claim::unknown,
       "answered 500"},
      {"a session that lives is read as a 404",
       "notte",
       {{"lie_reads_unknown", true}},
       Claim::active,
       "a read failed"},
      {"a start is answered with an error after its effect",
       "notte",
       {{"operation", "start"}, {"status", 503}, {"status_after_effect", true}},
       Claim::start,
       ""},
  };
  return all;
}

}  // namespace

TEST_CASE("a provider that does not lie has no claim that fails, and nothing is left running") {
  for (const char* adapter : {"notte", "http", "videosdk", "sonoran_cms"}) {
    Probed probed(adapter);
    probed.playground.fault({{"notte_idempotency_key", true}});
    const probe::Outcome outcome = probed.run();
    for (const probe::Finding& finding : outcome.findings.all()) {
      INFO(adapter << ": " << to_string(finding.claim) << ": " << finding.figure);
      CHECK(finding.verdict != Verdict::fails);
      CHECK_FALSE(finding.figure.empty());
    }
    CHECK(outcome.findings.of(Claim::active).verdict == Verdict::holds);
    CHECK(outcome.findings.of(Claim::stop).verdict == Verdict::holds);
    CHECK(outcome.left.empty());
    CHECK(outcome.broken_off.empty());
    CHECK(probed.live() == 0);
    CHECK(probed.folder.files() == 0);
  }
}

TEST_CASE("each planted lie is found by the claim that it is about") {
  for (const Lie& lie : lies()) {
    Probed probed(lie.adapter);
    if (!lie.rule.contains("notte_idempotency_key"))
      probed.playground.fault({{"notte_idempotency_key", true}});
    probed.playground.fault(lie.rule);
    const probe::Outcome outcome = probed.run();
    const probe::Finding& finding = outcome.findings.of(lie.claim);
    INFO(lie.what << ", " << to_string(lie.claim) << ": " << finding.figure << "; " << outcome.broken_off);
    CHECK(finding.verdict == Verdict::fails);
    CHECK(finding.figure.find(lie.figure) != std::string::npos);
    if (lie.rule.contains("lie_stop_ignored")) {
      CHECK(outcome.left.size() == 1);
      continue;
    }
    CHECK(outcome.left.empty());
    CHECK(probed.live() == 0);
  }
}

TEST_CASE("an idle timeout is measured to the second, with and without a heartbeat") {
  for (const int percent : {40, 50, 100, 110}) {
    Probed probed("notte");
    probed.playground.fault({{"notte_idempotency_key", true}, {"lie_idle_percent", percent}});
    const probe::Outcome outcome = probed.run();
    const probe::Finding& finding = outcome.findings.of(Claim::idle_timeout);
    INFO(percent << " %: " << finding.figure);
    CHECK(std::stod(finding.figure) == Approx(180.0 * percent / 100).margin(2));
    CHECK(finding.verdict == (percent == 100 ? Verdict::holds : Verdict::fails));
  }
}
