#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::minutes;

std::vector<Plan> many(int n) {
  std::vector<Plan> plans;
  for (int i = 0; i < n; ++i) plans.push_back(always_plan("p" + std::to_string(i), "videosdk"));
  return plans;
}

// Answers every start with a refused connection; returns how many there were.
int refuse_starts(Bench& bench) {
  int starts = 0;
  while (bench.waiting().find("start") != std::string::npos) {
    ++starts;
    bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "connection refused"});
  }
  return starts;
}

ProviderCondition condition(Bench& bench) {
  for (const ProviderView& view : bench.keeper().view(bench.now).providers) {
    if (view.name.str() == "videosdk") return view.condition;
  }
  return ProviderCondition::healthy;
}

}  // namespace

TEST_CASE("in an outage one start at a time probes, and no session's time limit is burnt") {
  Bench bench(many(50));
  bench.tick();
  CHECK(refuse_starts(bench) == 50);
  CHECK(condition(bench) == ProviderCondition::circuit_open);
  int starts = 0;
  for (int i = 0; i < 600; ++i) {
    bench.advance(Seconds{1});
    starts += refuse_starts(bench);
  }
  CHECK(starts <= 20);
  CHECK(std::count(bench.moves.begin(), bench.moves.end(), "timed_out start_timeout") == 0);
}

TEST_CASE(
    "after ten minutes without the provider 200 starts that nobody could look up come about once each, "
    "within a minute") {
  Bench bench(many(200));
  bench.tick();
  while (bench.waiting().find("start") != std::string::npos) {
    bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::maybe_applied, "503"});
  }
  const auto find_with = [&](const Result<std::vector<Remote>>& shown) {
    while (bench.waiting().find("find") != std::string::npos)
      bench.answer(bench.pop(EffectKind::find), shown);
    while (!bench.lists.empty()) bench.show_list(bench.lists.front().provider.str(), {});
  };
  int finds = 0;
  for (int i = 0; i < 600; ++i) {
    while (bench.waiting().find("find") != std::string::npos) {
      ++finds;
      bench.answer(bench.pop(EffectKind::find), Error{ErrorKind::not_applied, "503"});
    }
    bench.lists.clear();
    bench.advance(Seconds{1});
  }
  // Each looks about every half a minute.
  CHECK(finds < 200 * 45);
  for (int i = 0; i < 60; ++i) {
    find_with(std::vector<Remote>{});
    while (bench.waiting().find("start") != std::string::npos) {
      const Effect start = bench.pop(EffectKind::start);
      bench.answer(start, std::vector{bench.remote(start.session.str())});
    }
    bench.advance(Seconds{1});
  }
  CHECK(std::count(bench.moves.begin(), bench.moves.end(), "timed_out start_timeout") == 0);
  CHECK(std::count(bench.moves.begin(), bench.moves.end(), "queued restarted") == 0);
  CHECK(std::count(bench.moves.begin(), bench.moves.end(), "active start_confirmed") == 200);
}

TEST_CASE("the first good answer closes the circuit, and the starts do not leave in one instant") {
  Bench bench(many(50));
  bench.tick();
  refuse_starts(bench);
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  CHECK(bench.waiting() == "start");
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("first")});
  CHECK(condition(bench) == ProviderCondition::healthy);
  std::size_t most = 0;
  std::size_t all = 0;
  for (int i = 0; i < 650; ++i) {
    const std::size_t before = bench.sent.size();
    bench.advance(Millis{100});
    most = std::max(most, bench.sent.size() - before);
  }
  all = static_cast<std::size_t>(std::count_if(bench.sent.begin(), bench.sent.end(),
                                               [](const Effect& e) { return e.kind == EffectKind::start; }));
  CHECK(all == 49);
  CHECK(most <= 15);
}

TEST_CASE("a used-up allowance holds all starts back until the provider's time, and heartbeats go on") {
  Plan kept = always_plan("kept", "notte");
  kept.idle_timeout = minutes{3};
  kept.keep_alive.heartbeat = true;
  Bench bench({kept});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  Plan second = always_plan("second", "notte");
  bench.load({kept, second});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::exhausted, "402", std::chrono::hours{1}});
  int beats = 0;
  Remote remote = bench.remote("one");
  for (int i = 0; i < 50; ++i) {
    bench.advance(minutes{1});
    while (!bench.sent.empty()) {
      const Effect effect = bench.sent.front();
      bench.sent.erase(bench.sent.begin());
      REQUIRE(effect.kind != EffectKind::start);
      if (effect.kind == EffectKind::keep_alive) {
        ++beats;
        remote.last_activity_at = bench.now.wall;
      }
      bench.answer(effect, std::vector{remote});
    }
  }
  CHECK(beats > 30);
  bench.advance(minutes{11});
  CHECK(bench.waiting().find("start") != std::string::npos);
}

TEST_CASE("starts that the keeper held back are sent again, and are not held against the provider") {
  Bench bench(many(20));
  bench.tick();
  int held_back = 0;
  for (int i = 0; i < 10; ++i) {
    while (bench.waiting().find("start") != std::string::npos) {
      Answer told =
          bench.answer_to(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "not confirmed"});
      told.held_back = true;
      bench.take(std::move(told));
      ++held_back;
    }
    CHECK(condition(bench) == ProviderCondition::healthy);
    bench.advance(Seconds{5});
  }
  CHECK(held_back > 40);
  CHECK(bench.notices.empty());
}
