// What counts as a heartbeat where the provider tells no last activity, and how often one is sent.
#include "catch.h"
#include "core/bench.h"
#include "core/reading.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::minutes;

Plan beating_plan() {
  Plan plan = always_plan("watch", "notte");
  plan.idle_timeout = minutes{3};
  plan.keep_alive.heartbeat = true;
  return plan;
}

// A provider that tells nothing of the last activity.
Remote silent_remote(const Bench& bench, const std::string& refusal = {}) {
  Remote remote = bench.remote("r1");
  remote.last_activity_at.reset();
  remote.heartbeat_error = refusal;
  return remote;
}

const Tracked& the_session(Bench& bench) { return bench.keeper().world().sessions.begin()->second; }

// The next heartbeat; what is read on the way is answered.
Effect next_beat(Bench& bench) {
  while (bench.waiting() != "keep_alive") {
    bench.advance(Seconds{1});
    if (bench.waiting() == "observe")
      bench.answer(bench.pop(EffectKind::observe), std::vector{silent_remote(bench)});
    REQUIRE((bench.waiting().empty() || bench.waiting() == "keep_alive"));
  }
  return bench.pop(EffectKind::keep_alive);
}

}  // namespace

TEST_CASE(
    "a heartbeat that the provider refused moves no deadline and confirms nothing, and the third says so") {
  Bench bench({beating_plan()});
  bench.answer(bench.pop(EffectKind::start), std::vector{silent_remote(bench)});
  const Mono dies = *the_session(bench).idle_at;
  for (int n = 0; n < 3; ++n) {
    const Effect beat = next_beat(bench);
    CHECK(bench.now.mono < dies);
    const Tracked before = the_session(bench);
    bench.answer(beat, std::vector{silent_remote(bench, "400 no beats")});
    CHECK_FALSE(confirms_heartbeat(before, the_session(bench)));
    CHECK(*the_session(bench).idle_at == dies);
    CHECK(the_session(bench).vain_heartbeats == n + 1);
  }
  CHECK(bench.row().last_error == "3 heartbeats in a row did not move the idle clock: 400 no beats");

  const Effect beat = next_beat(bench);
  const Mono sent = bench.now.mono;
  const Tracked before = the_session(bench);
  bench.answer(beat, std::vector{silent_remote(bench)});
  CHECK(confirms_heartbeat(before, the_session(bench)));
  CHECK(*the_session(bench).idle_at == sent + minutes{3});
  CHECK(the_session(bench).vain_heartbeats == 0);
  CHECK(bench.row().last_error.empty());
}

TEST_CASE("a heartbeat that is refused by an error counts among those without effect") {
  Bench bench({beating_plan()});
  bench.answer(bench.pop(EffectKind::start), std::vector{silent_remote(bench)});
  for (int n = 0; n < 2; ++n) bench.answer(next_beat(bench), Error{ErrorKind::denied, "403 no beats"});
  CHECK(the_session(bench).vain_heartbeats == 2);
}

TEST_CASE("reads that fail hold up no heartbeat, however long the provider asks to wait") {
  const bool asks = GENERATE(false, true);
  Bench bench({beating_plan()});
  bench.answer(bench.pop(EffectKind::start), std::vector{silent_remote(bench)});
  const Mono due = *the_session(bench).beat_at;
  const Mono dies = *the_session(bench).idle_at;
  const Error error = asks ? Error{ErrorKind::exhausted, "429 slow down", std::chrono::hours{1}}
                           : Error{ErrorKind::maybe_applied, "502"};
  int reads = 0;
  while (bench.waiting() != "keep_alive" && bench.now.mono < dies) {
    bench.advance(Seconds{1});
    if (bench.waiting() != "observe") continue;
    bench.answer(bench.pop(EffectKind::observe), error);
    ++reads;
  }
  CHECK(reads > 0);
  CHECK(bench.waiting() == "keep_alive");
  CHECK(bench.now.mono <= (asks ? dies - Seconds{30} : due + Seconds{2}));
}

TEST_CASE(
    "after its deadline a heartbeat without an answer has the ordinary backoff, and no more than its "
    "interval") {
  const Millis idle = GENERATE(Millis{minutes{3}}, Millis{Seconds{30}});
  Plan plan = beating_plan();
  plan.idle_timeout = idle;
  Bench bench({plan});
  bench.answer(bench.pop(EffectKind::start), std::vector{silent_remote(bench)});
  const Mono dies = *the_session(bench).idle_at;
  std::vector<Mono> beats;
  while (!bench.row().ending) {
    bench.advance(Seconds{1});
    if (bench.waiting() == "observe")
      bench.answer(bench.pop(EffectKind::observe), std::vector{silent_remote(bench)});
    if (bench.waiting() != "keep_alive") continue;
    beats.push_back(bench.now.mono);
    bench.answer(bench.pop(EffectKind::keep_alive), Error{ErrorKind::maybe_applied, "no answer"});
  }
  const auto late = std::count_if(beats.begin(), beats.end(), [&](Mono at) { return at >= dies; });
  CHECK(late >= 1);
  CHECK(late <= 5);
  for (std::size_t i = 1; i < beats.size(); ++i) CHECK(beats[i] - beats[i - 1] <= idle / 3 + Seconds{1});
}

TEST_CASE("without a heartbeat the reads that fail wait as long as the provider asks") {
  Plan plan = beating_plan();
  plan.keep_alive.heartbeat = false;
  Bench bench({plan});
  bench.answer(bench.pop(EffectKind::start), std::vector{silent_remote(bench)});
  REQUIRE(the_session(bench).idle_at);
  REQUIRE_FALSE(the_session(bench).beat_at);
  while (bench.waiting() != "observe") bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::observe), Error{ErrorKind::exhausted, "429", minutes{2}});
  const Mono refused = bench.now.mono;
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  CHECK(bench.now.mono >= refused + minutes{2});
}

TEST_CASE("a stop is sent again within five minutes, however long the provider asks to wait") {
  Bench bench({beating_plan()});
  bench.answer(bench.pop(EffectKind::start), std::vector{silent_remote(bench)});
  OperatorAsked asked;
  asked.order = Order::stop_all;
  bench.take(asked);
  bench.answer(bench.pop(EffectKind::stop), Error{ErrorKind::exhausted, "429", std::chrono::hours{1}});
  const Mono refused = bench.now.mono;
  while (bench.waiting() != "stop" && bench.now.mono < refused + minutes{20}) bench.advance(Seconds{5});
  CHECK(bench.waiting() == "stop");
  CHECK(bench.now.mono <= refused + minutes{5} + Seconds{5});
}

TEST_CASE("a heartbeat that the provider took though its idle clock stands still records no margin") {
  Bench bench({beating_plan()});
  Remote born = bench.remote("r1");
  born.idle_timeout = minutes{3};
  bench.answer(bench.pop(EffectKind::start), std::vector{born});
  const auto is_confirmed_by = [&](const Remote& told) {
    const Effect beat = next_beat(bench);
    const Tracked before = the_session(bench);
    bench.answer(beat, std::vector{told});
    return confirms_heartbeat(before, the_session(bench));
  };
  CHECK_FALSE(is_confirmed_by(born));
  born.last_activity_at = bench.now.wall + Seconds{10};
  CHECK(is_confirmed_by(born));
}

TEST_CASE("a new process knows of no heartbeat, and sends one at once") {
  Bench first({beating_plan()});
  first.answer(first.pop(EffectKind::start), std::vector{silent_remote(first)});
  Bench bench({beating_plan()}, first.ledger());
  bench.answer(bench.pop(EffectKind::observe), std::vector{silent_remote(bench)});
  CHECK_FALSE(the_session(bench).idle_at);
  bench.tick();
  CHECK(bench.waiting() == "keep_alive");
}

TEST_CASE(
    "a plan's heartbeat that is not shorter than what the provider reports is sent sooner, and that is "
    "said") {
  const Millis every = GENERATE(Millis{minutes{2}}, Millis{Seconds{60}}, Millis{Seconds{20}});
  INFO(to_text(every));
  Plan plan = beating_plan();
  plan.keep_alive.heartbeat_every = every;
  Bench bench({plan});
  Remote born = silent_remote(bench);
  born.idle_timeout = minutes{1};
  bench.answer(bench.pop(EffectKind::start), std::vector{born});
  const Mono begun = bench.now.mono;
  CHECK(the_session(bench).beats_sooner == (every >= minutes{1}));
  CHECK((bench.row().last_error.find("not shorter than the idle timeout that the provider reports, 1m") !=
         std::string::npos) == (every >= minutes{1}));
  static_cast<void>(next_beat(bench));
  CHECK(bench.now.mono - begun <= Seconds{21});
}

TEST_CASE("a read whose Date has whole seconds does not put the first heartbeat off") {
  Bench bench({beating_plan()});
  bench.advance(Millis{900});
  const Remote remote = bench.remote("r1");
  bench.answer(bench.pop(EffectKind::start), std::vector{remote});
  const Mono beat = *the_session(bench).beat_at;
  const Mono dies = *the_session(bench).idle_at;
  while (bench.waiting() != "observe") bench.advance(Seconds{1});
  Answer answer = bench.answer_to(bench.pop(EffectKind::observe), std::vector{remote});
  answer.provider_now = std::chrono::floor<Seconds>(bench.now.wall);
  REQUIRE(*answer.provider_now < bench.now.wall);
  bench.take(answer);
  CHECK(*the_session(bench).beat_at == beat);
  CHECK(*the_session(bench).idle_at == dies);
}

TEST_CASE("an activity that is told as before has not moved, also where an old Date is believed") {
  Bench bench({beating_plan()});
  const Remote remote = bench.remote("r1");
  Answer started = bench.answer_to(bench.pop(EffectKind::start), std::vector{remote});
  const Wall kept = *remote.last_activity_at - minutes{9};  // what a cache gives out as the time
  started.provider_now = kept;
  bench.take(started);
  const Mono dies = *the_session(bench).idle_at;
  while (bench.waiting() != "keep_alive") {
    bench.advance(Seconds{1});
    REQUIRE(bench.now.mono < dies);
    if (bench.waiting() != "observe") continue;
    Answer answer = bench.answer_to(bench.pop(EffectKind::observe), std::vector{remote});
    answer.provider_now = kept + (bench.now.mono - Bench::monday.mono);
    bench.take(answer);
  }
  CHECK(*the_session(bench).idle_at == dies);
}
