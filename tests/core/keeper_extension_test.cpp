// Heartbeats that move a deadline: one that the provider tells, or one that is counted from what they ask
// for.
#include "catch.h"
#include "core/bench.h"
#include "core/reading.h"

using namespace keeper;
using namespace keeper::bench;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

// One remote at a provider whose heartbeats move its deadline.
struct Moving {
  Extension extension{minutes{5}, false};
  bool told = true;          // its answers tell the deadline
  bool moves = true;         // else a heartbeat is taken and does nothing
  std::string refusal{};     // else a heartbeat is refused with it
  Millis first{minutes{5}};  // what the start gives
  Millis ahead{0};           // the provider's clock, of ours
  bool dated = true;         // its answers have a Date
  Wall deadline{};
  int beats = 0;

  Remote answer(const Effect& effect, const Bench& bench) {
    const Wall now = bench.now.wall;
    if (effect.kind == EffectKind::start) deadline = now + first;
    const bool beat = effect.kind == EffectKind::keep_alive;
    if (beat) ++beats;
    if (beat && moves && refusal.empty()) deadline = (extension.adds ? deadline : now) + extension.by;
    Remote remote = bench.remote("r1");
    remote.created_at = born;
    remote.last_activity_at.reset();
    if (told && effect.kind != EffectKind::start) remote.idle_until = deadline + ahead;
    if (beat) remote.heartbeat_error = refusal;
    return remote;
  }

  Wall born = Bench::monday.wall;
};

Plan box_plan(std::optional<Millis> maximum = std::nullopt) {
  Plan plan = always_plan("box", "videosdk");
  plan.maximum = maximum;
  plan.keep_alive.heartbeat = true;
  plan.keep_alive.rollover = Rollover::make_before_break;
  return plan;
}

Bench bench_at(const Plan& plan, const Moving& there, HeartbeatProof proof, Ledger ledger = {},
               Now begin = Bench::monday) {
  Bench bench({}, std::move(ledger), {}, begin);
  Traits& traits = bench.config.providers[videosdk];
  traits.has_heartbeat = true;
  traits.heartbeat_proof = proof;
  traits.extension = there.extension;
  bench.load({plan});
  return bench;
}

// Lets the time pass while the provider answers; the remote must live all the time.
void keep_box(Bench& bench, Moving& there, Millis time) {
  const Mono end = bench.now.mono + time;
  while (bench.now.mono < end) {
    while (!bench.sent.empty()) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      REQUIRE((effect.kind == EffectKind::start || bench.now.wall < there.deadline));
      Answer told = bench.answer_to(effect, std::vector{there.answer(effect, bench)});
      if (!there.dated) told.provider_now.reset();
      bench.take(told);
    }
    const Mono next = std::min(bench.keeper().next_wakeup(bench.now), end);
    bench.advance(std::max(next - bench.now.mono, Millis{1}));
  }
}

const Tracked& the_box(Bench& bench) { return bench.keeper().world().sessions.begin()->second; }

Mono at_mono(const Bench& bench, Wall time) { return bench.now.mono + (time - bench.now.wall); }

}  // namespace

TEST_CASE("a deadline that heartbeats move is no maximum: the session is kept and not replaced") {
  Moving there;
  Bench bench = bench_at(box_plan(hours{24}), there, HeartbeatProof::read_back);
  keep_box(bench, there, hours{3});
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled", "active start_confirmed"});
  CHECK(there.beats >= 3 * 60 / 5);
  CHECK(there.beats <= 3 * 60 / 1);
  // The cap on its whole life is known beside it.
  CHECK(*the_box(bench).hard_at == Bench::monday.mono + hours{24});
  CHECK(*the_box(bench).rollover_at > Bench::monday.mono + hours{18});
}

TEST_CASE("where neither clock can be told, a deadline counts by whether it moved") {
  Moving there;
  there.dated = false;
  there.ahead = GENERATE(minutes{-120}, minutes{120}, minutes{-3}, minutes{3});
  Bench bench = bench_at(box_plan(), there, HeartbeatProof::read_back);
  keep_box(bench, there, hours{3});
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled", "active start_confirmed"});
  CHECK(there.beats >= 3 * 60 / 5);
  CHECK(there.beats <= 3 * 60 / 1);
}

TEST_CASE("a heartbeat that is refused, or that is read back to have moved nothing, counts for nothing") {
  Moving there;
  Bench bench = bench_at(box_plan(), there, HeartbeatProof::read_back);
  keep_box(bench, there, minutes{30});
  REQUIRE(the_box(bench).vain_heartbeats == 0);
  const bool refused = GENERATE(true, false);
  if (refused) {
    there.refusal = "409 not now";
  } else {
    there.moves = false;
  }
  const int before = there.beats;
  while (there.deadline - bench.now.wall > Seconds{30}) keep_box(bench, there, Seconds{1});
  CHECK(there.beats - before >= 3);
  CHECK(the_box(bench).vain_heartbeats == there.beats - before);
  CHECK(*the_box(bench).idle_at <= at_mono(bench, there.deadline));
  CHECK(*the_box(bench).idle_at >= at_mono(bench, there.deadline) - Seconds{3});
  CHECK(bench.row().last_error.find("did not move the idle clock") != std::string::npos);
  there.refusal.clear();
  there.moves = true;
  keep_box(bench, there, minutes{30});
  CHECK(the_box(bench).vain_heartbeats == 0);
}

TEST_CASE("where no deadline is told it is counted from what a heartbeat that was taken asks for") {
  Moving there;
  there.told = false;
  Bench bench = bench_at(box_plan(), there, HeartbeatProof::answer);
  keep_box(bench, there, hours{2});
  CHECK(*the_box(bench).idle_at <= at_mono(bench, there.deadline));
  CHECK(*the_box(bench).idle_at >= at_mono(bench, there.deadline) - Seconds{1});
  there.refusal = "400";
  const Mono dies = *the_box(bench).idle_at;
  while (there.deadline - bench.now.wall > Seconds{30}) keep_box(bench, there, Seconds{1});
  CHECK(*the_box(bench).idle_at == dies);
}

TEST_CASE("a start that gives less than a heartbeat asks for is kept alive within it") {
  Moving there;
  there.first = Seconds{90};
  there.told = GENERATE(true, false);
  Plan plan = box_plan();
  plan.idle_timeout = Seconds{90};
  Bench bench = bench_at(plan, there, there.told ? HeartbeatProof::read_back : HeartbeatProof::answer);
  keep_box(bench, there, minutes{30});
  CHECK(there.deadline - bench.now.wall > minutes{2});
}

TEST_CASE("a deadline to which heartbeats add is kept ahead, and does not run away, also over restarts") {
  Moving there;
  there.extension = {minutes{4}, true};
  there.first = minutes{10};
  there.told = GENERATE(true, false);
  const HeartbeatProof proof = there.told ? HeartbeatProof::read_back : HeartbeatProof::answer;
  Plan plan = box_plan();
  plan.idle_timeout = minutes{10};
  Bench bench = bench_at(plan, there, proof);
  keep_box(bench, there, hours{5});
  CHECK(there.deadline - bench.now.wall > minutes{2});
  CHECK(there.deadline - bench.now.wall <= minutes{14});
  CHECK(the_box(bench).vain_heartbeats == 0);
  Bench next = bench_at(plan, there, proof, bench.ledger(), bench.now);
  keep_box(next, there, hours{2});
  CHECK(the_box(next).vain_heartbeats == 0);
  CHECK(next.moves.empty());
  CHECK(there.deadline - next.now.wall > minutes{2});
  CHECK(there.deadline - next.now.wall <= minutes{30});
}

TEST_CASE(
    "where a heartbeat's own answer is the proof, a last activity that is older takes nothing from it") {
  Plan plan = always_plan("watch", "notte");
  plan.idle_timeout = minutes{3};
  plan.keep_alive.heartbeat = true;
  Bench bench({});
  bench.config.providers[ProviderName{"notte"}].heartbeat_proof =
      GENERATE(HeartbeatProof::answer, HeartbeatProof::read_back);
  const bool by_answer =
      bench.config.providers[ProviderName{"notte"}].heartbeat_proof == HeartbeatProof::answer;
  bench.load({plan});
  const Remote born = bench.remote("r1");
  bench.answer(bench.pop(EffectKind::start), std::vector{born});
  while (bench.waiting() != "keep_alive") {
    bench.advance(Seconds{1});
    if (bench.waiting() == "observe") bench.answer(bench.pop(EffectKind::observe), std::vector{born});
  }
  const Mono dies = *the_box(bench).idle_at;
  const Mono sent = bench.now.mono;
  bench.answer(bench.pop(EffectKind::keep_alive), std::vector{born});
  CHECK(*the_box(bench).idle_at == (by_answer ? sent + minutes{3} : dies));
  CHECK(the_box(bench).vain_heartbeats == (by_answer ? 0 : 1));
}
