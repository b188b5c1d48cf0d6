#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;
using std::chrono::minutes;

namespace {

const ProviderName notte_name{"notte"};

Plan watch(const std::string& name) {
  Plan plan = always_plan(name, "notte");
  plan.idle_timeout = minutes{3};
  plan.keep_alive.heartbeat = true;
  return plan;
}

Remote alive(const Bench& bench, const std::string& id) {
  Remote remote = bench.remote(id);
  remote.created_at = Bench::monday.wall;
  remote.idle_timeout = minutes{3};
  return remote;
}

// A read does not touch the session.
void answer_read(Bench& bench, const Effect& effect) {
  Remote remote = alive(bench, effect.remote.str());
  remote.last_activity_at.reset();
  bench.answer(effect, std::vector{remote});
}

// Answers the reads, and the heartbeats after `took`, until something else is sent.
void live_until_start(Bench& bench, Millis took, Millis most) {
  const Mono end = bench.now.mono + most;
  while (bench.now.mono < end && bench.waiting().find("start") == std::string::npos) {
    bench.advance(Seconds{1});
    for (const Effect& effect : std::vector<Effect>(bench.sent)) {
      if (effect.kind == EffectKind::start) continue;
      bench.pop(effect.kind);
      if (effect.kind == EffectKind::observe) {
        answer_read(bench, effect);
        continue;
      }
      Answer answer = bench.answer_to(effect, std::vector{alive(bench, effect.remote.str())});
      answer.sent_at = bench.now.mono - took;
      bench.take(answer);
    }
  }
}

bool was_told(const Bench& bench, const std::string& what) {
  return std::find(bench.notices.begin(), bench.notices.end(), what) != bench.notices.end();
}

}  // namespace

TEST_CASE("no start leaves while a heartbeat at its provider is late, and it does once that was answered") {
  Bench bench({watch("a")});
  bench.answer(bench.pop(EffectKind::start), std::vector{alive(bench, "r1")});
  while (bench.waiting().find("keep_alive") == std::string::npos) {
    bench.advance(Seconds{1});
    if (bench.waiting() == "observe") answer_read(bench, bench.pop(EffectKind::observe));
  }
  const Effect beat = bench.pop(EffectKind::keep_alive);
  bench.advance(Seconds{65});  // it waits for a free call
  bench.load({watch("a"), watch("b")});
  CHECK(bench.waiting().empty());
  CHECK(was_told(bench, "keeping_behind notte"));
  bench.advance(Seconds{10});
  CHECK(bench.waiting().empty());
  bench.answer(beat, std::vector{alive(bench, "r1")});
  live_until_start(bench, Seconds{1}, Seconds{10});
  bench.pop(EffectKind::start);
  CHECK(was_told(bench, "keeping_in_time notte"));
}

TEST_CASE("no more sessions are started than max_concurrent calls can keep alive") {
  Bench bench({watch("a")});
  bench.config.providers.at(notte_name).max_concurrent = 1;
  bench.load({watch("a")});
  bench.answer(bench.pop(EffectKind::start), std::vector{alive(bench, "r1")});
  live_until_start(bench, Seconds{20}, minutes{3});
  // A heartbeat a minute that takes 20 s: one session fills a third of the one call.
  bench.load({watch("a"), watch("b")});
  live_until_start(bench, Seconds{20}, minutes{3});
  CHECK(bench.waiting().empty());
  CHECK(was_told(bench, "keeping_behind notte"));
  // Heartbeats are quicker now.
  live_until_start(bench, Seconds{1}, minutes{10});
  bench.pop(EffectKind::start);
  CHECK(was_told(bench, "keeping_in_time notte"));
}

TEST_CASE("heartbeats that fail at once make no room for more sessions") {
  Bench bench({watch("a")});
  bench.config.providers.at(notte_name).max_concurrent = 1;
  bench.load({watch("a")});
  bench.answer(bench.pop(EffectKind::start), std::vector{alive(bench, "r1")});
  live_until_start(bench, Seconds{20}, minutes{3});
  for (int failed = 0; failed < 8;) {
    bench.advance(Seconds{1});
    if (bench.waiting() == "observe") answer_read(bench, bench.pop(EffectKind::observe));
    if (bench.waiting() != "keep_alive") continue;
    bench.answer(bench.pop(EffectKind::keep_alive), Error{ErrorKind::not_applied, "connection refused"});
    ++failed;
  }
  live_until_start(bench, Seconds{20}, Seconds{30});
  bench.load({watch("a"), watch("b")});
  live_until_start(bench, Seconds{20}, Seconds{40});
  CHECK(bench.waiting().empty());
}

TEST_CASE("before any heartbeat was seen, no more sessions are started than heartbeats of a second allow") {
  std::vector<Plan> plans;
  for (int n = 0; n < 60; ++n) plans.push_back(watch("p" + std::to_string(n)));
  Bench bench({});
  bench.config.providers.at(notte_name).max_concurrent = 1;
  bench.load(plans);
  int started = 0;
  while (bench.waiting().find("start") != std::string::npos) {
    const Effect start = bench.pop(EffectKind::start);
    Answer answer = bench.answer_to(start, std::vector{alive(bench, "r" + std::to_string(started))});
    answer.sent_at = bench.now.mono - Seconds{2};
    bench.take(answer);
    ++started;
  }
  CHECK(started == 30);
}

TEST_CASE("a successor takes its predecessor's part, so that a rollover does not wait for room") {
  Plan plan = watch("a");
  plan.maximum = minutes{20};
  plan.keep_alive.rollover = Rollover::make_before_break;
  Bench bench({plan});
  bench.config.providers.at(notte_name).max_concurrent = 1;
  bench.load({plan});
  Remote remote = alive(bench, "r1");
  remote.maximum = minutes{20};
  bench.answer(bench.pop(EffectKind::start), std::vector{remote});
  live_until_start(bench, Seconds{25}, minutes{20});
  CHECK(bench.pop(EffectKind::start).session != bench.row().id);
}

TEST_CASE("the alert is over when no start waits any more") {
  Bench bench({watch("a")});
  bench.config.providers.at(notte_name).max_concurrent = 1;
  bench.load({watch("a")});
  bench.answer(bench.pop(EffectKind::start), std::vector{alive(bench, "r1")});
  live_until_start(bench, Seconds{20}, minutes{3});
  bench.load({watch("a"), watch("b")});
  CHECK(was_told(bench, "keeping_behind notte"));
  bench.load({watch("a")});
  CHECK(was_told(bench, "keeping_in_time notte"));
}
