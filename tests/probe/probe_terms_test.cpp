#include "catch.h"
#include "probe/probe_kit.h"

using namespace keeper;
using namespace keeper::test;
using probe::Claim;
using probe::Verdict;

namespace {

// What each start lived at the provider, ended or not.
Millis lived(Probed& probed) {
  Millis all{0};
  for (const Json& one : probed.playground.remotes(false)) {
    const Wall begin = *parse_time(one.at("created_at").get<std::string>());
    all += *parse_time(one.at("ended_at").get<std::string>()) - begin;
  }
  return all;
}

}  // namespace

TEST_CASE("a probe without a price is refused, with the cure") {
  Probed probed("notte");
  probed.terms.traits.price.reset();
  const auto limits = probed.limits(100);
  REQUIRE_FALSE(limits.ok());
  CHECK(limits.error().what.find("price: {per_hour") != std::string::npos);
}

TEST_CASE("a probe that may cost too much is refused before any call, and one that costs nothing is not") {
  Probed probed("notte");
  CHECK_FALSE(probed.limits(0.001).ok());
  CHECK(probed.limits(0.001).error().what.find("--max-cost") != std::string::npos);
  probed.terms.traits.price = Price{0, Millis{0}, Millis{0}, ""};
  CHECK(probed.limits(0).ok());
}

TEST_CASE("the least time that is billed counts for each start") {
  Probed probed("notte");
  probed.terms.traits.price = Price{6, std::chrono::hours{1}, Millis{0}, "USD"};
  CHECK(probed.limits(100).value().cost == Approx(18));
  CHECK(probed.limits(100).value().starts == 3);
  CHECK(probed.limits(17).value().cost == Approx(12));
  CHECK(probed.limits(17).value().starts == 2);
  CHECK_FALSE(probed.limits(11).ok());
  // So does each begun increment.
  probed.terms.traits.price = Price{6, Millis{0}, std::chrono::hours{1}, "USD"};
  CHECK(probed.limits(100).value().cost == Approx(18));
}

TEST_CASE("the idle timeout is left out where it would cost or take too much, and says what it needs") {
  Probed probed("notte");
  const probe::Limits whole = probed.limits(10).value();
  CHECK(whole.lasting_life > Millis{0});
  const probe::Limits cheap = probed.limits(whole.cost * 0.9).value();
  CHECK(cheap.lasting_life == Millis{0});
  CHECK(cheap.why_no_lasting.find("--max-cost") != std::string::npos);
  const probe::Limits quick = probed.limits(10, std::chrono::minutes{3}).value();
  CHECK(quick.lasting_life == Millis{0});
  CHECK(quick.why_no_lasting.find("--max-time") != std::string::npos);
  CHECK(quick.max_time == std::chrono::minutes{3});
  const probe::Outcome outcome = probed.run(10, std::chrono::minutes{3});
  CHECK(outcome.findings.of(Claim::idle_timeout).verdict == Verdict::unmeasured);
  CHECK(outcome.findings.of(Claim::idle_timeout).figure.find("--max-time") != std::string::npos);
  CHECK(outcome.findings.of(Claim::stop).verdict == Verdict::holds);
}

TEST_CASE("no probe costs or lasts more than its worst case, however the provider lies") {
  const std::vector<Json> rules{{{"list_hides_ms", 3600000}},
                                {{"lie_idle_percent", 100000}},
                                {{"notte_idempotency_key", false}, {"lie_words", true}},
                                {{"operation", "read"}, {"status", 500}, {"times", 40}},
                                {{"operation", "start"}, {"status", 503}, {"status_after_effect", true}},
                                {{"operation", "activity"}, {"status", 500}}};
  for (const Json& rule : rules) {
    Probed probed("notte");
    probed.playground.fault(rule);
    const probe::Limits limits = probed.limits(10).value();
    const Mono begun = probed.pace.now().mono;
    const probe::Outcome outcome = probed.run();
    INFO(rule.dump() << " " << outcome.broken_off);
    CHECK(outcome.left.empty());
    CHECK(probed.live() == 0);
    CHECK(probed.playground.remotes(false).size() <= static_cast<std::size_t>(limits.starts));
    CHECK(cost_of(lived(probed), *probed.terms.traits.price) <= limits.cost);
    CHECK(probed.pace.now().mono - begun <= limits.max_time + 3 * std::chrono::minutes{1});
  }
}

TEST_CASE("a probe keeps to half of the provider's rate, and waits where it is asked to") {
  CHECK(probe::call_spacing({RateLimit{27, std::chrono::minutes{1}}, {}, true}) == Millis{4444});
  CHECK(probe::call_spacing({}) == Millis{0});
  Probed probed("notte");
  probed.terms.call_spacing = Seconds{3};
  probe::Conversation conversation = probed.conversation();
  const auto list = [&] { return conversation.ask(EffectKind::list, {}).sent.mono; };
  const Mono first = list();
  CHECK(list() - first >= Seconds{3});
  probed.playground.fault({{"operation", "list"}, {"status", 429}, {"retry_after", 20}, {"times", 1}});
  const Mono refused = list();
  CHECK(list() - refused >= Seconds{20});
}

TEST_CASE("at a provider with one session for a place nothing is started where one is running") {
  Probed probed("sonoran_cms");
  probe::Conversation conversation = probed.conversation();
  REQUIRE(conversation.ask(EffectKind::start, SessionId{"00112233445566778899aabbccddeeff"}).ok());
  const probe::Outcome outcome = probed.run();
  CHECK(outcome.broken_off.find("is taken") != std::string::npos);
  CHECK(outcome.started == 0);
  CHECK(probed.live() == 1);
}

TEST_CASE("a session that does not obey its stop is the last one that is started") {
  Probed probed("notte");
  probed.playground.fault({{"lie_stop_ignored", true}, {"notte_idempotency_key", true}});
  const probe::Outcome outcome = probed.run();
  CHECK(probed.playground.remotes(false).size() == 1);
  CHECK(outcome.left.size() == 1);
  CHECK(probed.folder.files() == 1);
  CHECK(outcome.findings.of(Claim::idle_timeout).verdict == Verdict::unmeasured);
}
