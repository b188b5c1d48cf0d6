// Which remote a lost start may have made: the numbered rules at created_since() in core/answers.cpp, one
// test a line.
#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The start was sent at this moment; then the process ended.
constexpr Wall sent = Bench::monday.wall;

// How it is when a new process asks the provider.
struct Then {
  Now now;
  Wall provider_now;
  bool rebooted = false;
};

Then after(Millis elapsed) { return {{sent + elapsed, Bench::monday.mono + elapsed}, sent + elapsed, false}; }
Then after_reboot(Millis elapsed) { return {{sent + elapsed, Mono{minutes{1}}}, sent + elapsed, true}; }

bool is_taken(const Then& then, std::optional<Wall> created_at) {
  const std::vector<Plan> plans{always_plan("watch", "notte")};
  Ledger ledger = Bench(plans).ledger();
  REQUIRE(ledger.unresolved.front().start_sent_at == sent);
  if (then.rebooted) ledger.unresolved.front().start_sent_mono.reset();
  Bench bench(plans, ledger, {}, then.now);
  Remote remote = bench.remote("r1");
  remote.created_at = created_at;
  Answer answer = bench.answer_to(bench.pop(EffectKind::find), std::vector{remote});
  answer.provider_now = then.provider_now;
  bench.take(answer);
  return bench.keeper().world().sessions.at(ledger.unresolved.front().id).row.remote_id.has_value();
}

}  // namespace

TEST_CASE("lost start, rule 1: a remote without a time of creation is not taken") {
  CHECK_FALSE(is_taken(after(Seconds{20}), std::nullopt));
}

TEST_CASE("lost start, rule 2: a remote that is younger than the start by the boot clock is taken") {
  Then then = after(Seconds{20});
  then.provider_now += hours{1};
  CHECK(is_taken(then, then.provider_now - Seconds{19}));
}

TEST_CASE(
    "lost start, rule 3: one that is older than the start by the boot clock and the provider's time is not") {
  Then then = after(Seconds{20});
  then.provider_now += hours{1};
  CHECK_FALSE(is_taken(then, then.provider_now - minutes{1}));
}

TEST_CASE(
    "lost start, rule 4a: after a reboot, one that is younger than the start by the wall clock is taken") {
  Then then = after_reboot(minutes{1});
  then.provider_now -= hours{1};
  CHECK(is_taken(then, then.provider_now - Seconds{50}));
}

TEST_CASE(
    "lost start, rule 4b: after a reboot, one is taken where the start was sent in what is now the future") {
  const Then then = after_reboot(-hours{1});
  CHECK(is_taken(then, then.provider_now - Seconds{50}));
}

TEST_CASE(
    "lost start, rule 4c: after a reboot, one is taken whose plain time of creation is after the start") {
  Then then = after_reboot(Seconds{30});
  then.provider_now = sent + minutes{1};
  CHECK(is_taken(then, sent + Seconds{5}));
}

TEST_CASE("lost start, rule 4: after a reboot, one that is older by every clock is not taken") {
  const Then then = after_reboot(minutes{1});
  CHECK_FALSE(is_taken(then, then.provider_now - minutes{10}));
}

TEST_CASE("a list of which something could not be read proves no start absent") {
  Bench bench({always_plan("watch", "notte")});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::maybe_applied, "no answer"});
  const auto look = [&](bool whole) {
    while (bench.waiting().empty()) bench.advance(Seconds{1});
    Answer answer = bench.answer_to(bench.pop(EffectKind::find), std::vector<Remote>{});
    answer.whole = whole;
    bench.take(answer);
  };
  for (int n = 0; n < 3; ++n) look(false);
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  CHECK(bench.waiting() == "find");
  for (int n = 0; n < 2; ++n) look(true);
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  CHECK(bench.waiting() == "start");
}
