#include "runtime/pool.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "catch.h"
#include "runtime/pool_kit.h"

namespace keeper {
namespace {

using namespace std::chrono_literals;
using namespace test;

Task<Done> passed(std::chrono::milliseconds time) {
  auto slept = told<Done>([time](std::function<void(Done)> go) {
    std::thread([time, go] {
      std::this_thread::sleep_for(time);
      go(Done{});
    }).detach();
  });
  co_return co_await slept;
}

TEST_CASE("a call that never ends is told from one that takes its time") {
  Answers answers;
  Gate gate;
  Workers workers(answers.sink());
  workers.install({{ProviderName("p"), settings_of(through(gate, all))}});
  CHECK_FALSE(
      workers.hang(std::chrono::steady_clock::now() + std::chrono::hours{1}));  // nothing is under way
  workers.dispatch({effect_of(EffectKind::start, 1)});
  wait_until([&] { return gate.waiting() == 1; });
  const auto now = std::chrono::steady_clock::now();
  CHECK_FALSE(workers.hang(now + std::chrono::minutes{8}));
  CHECK(workers.hang(now + std::chrono::minutes{10}));
  // Also where a reload has put another pool in its place.
  workers.install({{ProviderName("p"), settings_of(at_once)}});
  CHECK(workers.hang(now + std::chrono::minutes{10}));
  gate.open();
  REQUIRE(answers.wait(1).size() == 1);
  CHECK(workers.wait_quiet(Seconds{10}));
  CHECK_FALSE(workers.hang(std::chrono::steady_clock::now() + std::chrono::hours{1}));
}

TEST_CASE("each effect gets exactly one answer, with its own ticket and session") {
  Answers answers;
  {
    Pool pool(settings_of(at_once), answers.sink());
    for (std::uint64_t i = 1; i <= 200; ++i) pool.add(effect_of(EffectKind::observe, i));
    CHECK(answers.wait(200).size() == 200);
  }
  std::map<std::uint64_t, int> seen;
  for (const Answer& answer : answers.all()) {
    ++seen[answer.ticket];
    CHECK(answer.session == SessionId("s" + std::to_string(answer.ticket)));
    CHECK(answer.sent_at != Mono{});
  }
  CHECK(seen.size() == 200);
  CHECK(answers.all().size() == 200);
}

TEST_CASE("a call that throws is answered as one that may have been applied") {
  Answers answers;
  Pool pool(
      settings_of([](const Effect&, Confirmation*) -> Task<Answer> { throw std::runtime_error("no luck"); }),
      answers.sink());
  pool.add(effect_of(EffectKind::start, 7));
  const auto list = answers.wait(1);
  REQUIRE(list.size() == 1);
  REQUIRE_FALSE(list[0].remotes.ok());
  CHECK(list[0].ticket == 7);
  CHECK(list[0].remotes.error().kind == ErrorKind::maybe_applied);
  CHECK(list[0].remotes.error().what.find("no luck") != std::string::npos);
}

TEST_CASE("the effect that is needed first is carried out first") {
  Answers answers;
  Gate gate;
  Pool pool(settings_of(through(gate, the_first), 1), answers.sink());
  pool.add(effect_of(EffectKind::observe, 1));
  wait_until([&] { return gate.waiting() == 1; });
  pool.add(effect_of(EffectKind::observe, 2, Mono{Seconds{30}}));
  pool.add(effect_of(EffectKind::observe, 3, Mono{Seconds{20}}));
  pool.add(effect_of(EffectKind::observe, 4, Mono{Seconds{10}}));
  gate.open();
  const auto list = answers.wait(4);
  REQUIRE(list.size() == 4);
  CHECK(list[1].ticket == 4);
  CHECK(list[2].ticket == 3);
  CHECK(list[3].ticket == 2);
}

TEST_CASE("no more calls are in flight than the provider takes, and one thread carries them all") {
  Answers answers;
  Gate gate;
  Locked<std::set<std::thread::id>> threads;
  Pool pool(settings_of(
                [&](const Effect&, Confirmation*) -> Task<Answer> {
                  threads.with([](auto& seen) { seen.insert(std::this_thread::get_id()); });
                  co_await gate.pass();
                  threads.with([](auto& seen) { seen.insert(std::this_thread::get_id()); });
                  co_return Answer{};
                },
                1000),
            answers.sink());
  for (std::uint64_t i = 1; i <= 1001; ++i) pool.add(effect_of(EffectKind::keep_alive, i));
  wait_until([&] { return gate.waiting() == 1000; });
  std::this_thread::sleep_for(20ms);
  CHECK(gate.waiting() == 1000);
  gate.open();
  CHECK(answers.wait(1001).size() == 1001);
  CHECK(threads.with([](auto& seen) { return seen.size(); }) == 1);
}

TEST_CASE(
    "the end of a pool waits for what is under way, and answers what waits for its turn as not applied") {
  Answers answers;
  {
    Pool pool(settings_of(
                  [](const Effect&, Confirmation*) -> Task<Answer> {
                    co_await passed(100ms);
                    co_return Answer{};
                  },
                  1),
              answers.sink());
    for (std::uint64_t i = 1; i <= 5; ++i) pool.add(effect_of(EffectKind::observe, i));
    wait_until([&] { return !answers.all().empty(); });
  }
  const auto list = answers.all();
  REQUIRE(list.size() == 5);
  CHECK(list[1].remotes.ok());
  REQUIRE_FALSE(list.back().remotes.ok());
  CHECK(list.back().remotes.error().kind == ErrorKind::not_applied);
}

TEST_CASE("a used-up rate refuses what would wait too long, and says for how long") {
  Answers answers;
  PoolSettings settings = settings_of(at_once);
  settings.limits.calls = RateLimit{2, Millis{60'000}};
  settings.patience = Seconds{1};
  Pool pool(std::move(settings), answers.sink());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    pool.add(effect_of(EffectKind::observe, i));
    answers.wait(i);
  }
  const auto list = answers.all();
  REQUIRE(list.size() == 3);
  REQUIRE_FALSE(list[2].remotes.ok());
  CHECK(list[2].remotes.error().kind == ErrorKind::exhausted);
  REQUIRE(list[2].remotes.error().retry_after.has_value());
  CHECK(*list[2].remotes.error().retry_after > Seconds{50});
}

TEST_CASE("a rate that is used up for a moment delays, and stops go before reads") {
  Answers answers;
  PoolSettings settings = settings_of(at_once);
  settings.limits.calls = RateLimit{1, Millis{150}};
  Pool pool(std::move(settings), answers.sink());
  const Mono begun = BootClock::now();
  pool.add(effect_of(EffectKind::observe, 1));
  answers.wait(1);
  pool.add(effect_of(EffectKind::observe, 2, Mono{Seconds{1}}));
  pool.add(effect_of(EffectKind::stop, 3, Mono{Seconds{2}}));
  const auto list = answers.wait(3);
  REQUIRE(list.size() == 3);
  CHECK(list[1].ticket == 3);
  CHECK(list[2].ticket == 2);
  CHECK(BootClock::now() - begun >= Millis{300});
}

TEST_CASE("reads that hang leave calls free for heartbeats and stops") {
  Answers answers;
  Gate gate;
  {
    Pool pool(settings_of(
                  through(gate, [](const Effect& effect) { return effect.kind == EffectKind::observe; }), 16),
              answers.sink());
    for (std::uint64_t i = 1; i <= 40; ++i) pool.add(effect_of(EffectKind::observe, i));
    for (std::uint64_t i = 101; i <= 116; ++i) pool.add(effect_of(EffectKind::keep_alive, i));
    pool.add(effect_of(EffectKind::stop, 120));
    const auto list = answers.wait(17);
    CHECK(list.size() == 17);
    for (const Answer& answer : list) CHECK(answer.ticket > 100);
    CHECK(gate.waiting() == 12);
    gate.open();
  }
  CHECK(answers.all().size() == 57);
}

TEST_CASE("heartbeats go before stops, stops before reads, and reads before starts") {
  Answers answers;
  Gate gate;
  PoolSettings settings = settings_of(through(gate, the_first), 1);
  // Reads and starts are queued apart where each call has a limit of its own.
  const bool each_call = GENERATE(false, true);
  if (each_call) settings.limits = CallLimits{RateLimit{100, Millis{60'000}}, {}, true};
  Pool pool(std::move(settings), answers.sink());
  pool.add(effect_of(EffectKind::observe, 1));
  wait_until([&] { return gate.waiting() == 1; });
  pool.add(effect_of(EffectKind::start, 2, Mono{Seconds{1}}));
  pool.add(effect_of(EffectKind::observe, 3, Mono{Seconds{2}}));
  pool.add(effect_of(EffectKind::stop, 4, Mono{Seconds{3}}));
  pool.add(effect_of(EffectKind::keep_alive, 5, Mono{Seconds{30}}));
  gate.open();
  const auto list = answers.wait(5);
  REQUIRE(list.size() == 5);
  for (std::size_t i = 1; i < 5; ++i) CHECK(list[i].ticket == 6 - i);
}

TEST_CASE("a read that finds no free call in time is answered, so that its session's heartbeat can leave") {
  Answers answers;
  Gate gate;
  Pool pool(settings_of(through(gate, all), 2), answers.sink());
  pool.add(effect_of(EffectKind::observe, 1));
  wait_until([&] { return gate.waiting() == 1; });
  Effect late = effect_of(EffectKind::observe, 2);
  late.answer_by = late.needed_by = BootClock::now() + Millis{200};
  pool.add(late);
  const auto list = answers.wait(1);
  gate.open();
  REQUIRE(list.size() == 1);
  CHECK(list[0].ticket == 2);
  REQUIRE_FALSE(list[0].remotes.ok());
  CHECK(list[0].remotes.error().kind == ErrorKind::exhausted);
}

// Offers one effect after the other, and counts those that were not refused.
int carried(Pool& pool, Answers& answers, const std::vector<Effect>& effects) {
  const std::size_t before = answers.all().size();
  for (std::size_t i = 0; i < effects.size(); ++i) {
    pool.add(effects[i]);
    answers.wait(before + i + 1);
  }
  const auto all = answers.all();
  return static_cast<int>(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                                        [](const Answer& answer) { return answer.remotes.ok(); }));
}

std::vector<Effect> many(EffectKind kind, int count, bool cancel = false) {
  std::vector<Effect> effects;
  for (int i = 0; i < count; ++i) {
    effects.push_back(effect_of(kind, static_cast<std::uint64_t>(i + 1)));
    effects.back().cancel = cancel;
  }
  return effects;
}

TEST_CASE("what makes or watches sessions leaves room for heartbeats and stops, which count as two calls") {
  Answers answers;
  PoolSettings settings = settings_of(at_once);
  settings.limits.calls = RateLimit{16, Millis{60'000}};
  settings.patience = Millis{0};
  Pool pool(std::move(settings), answers.sink());
  CHECK(carried(pool, answers, many(EffectKind::start, 6)) == 6);
  CHECK(carried(pool, answers, many(EffectKind::observe, 20)) == 6);
  CHECK(carried(pool, answers, many(EffectKind::keep_alive, 1)) == 1);
  CHECK(carried(pool, answers, many(EffectKind::stop, 3)) == 1);
}

TEST_CASE("where each call has a limit of its own, reads do not use up the starts, nor what stops need") {
  Answers answers;
  PoolSettings settings = settings_of(at_once);
  settings.limits = CallLimits{RateLimit{12, Millis{60'000}}, RateLimit{1, Millis{60'000}}, true};
  settings.patience = Millis{0};
  Pool pool(std::move(settings), answers.sink());
  CHECK(carried(pool, answers, many(EffectKind::observe, 20)) == 9);
  CHECK(carried(pool, answers, many(EffectKind::start, 20)) == 9);
  CHECK(carried(pool, answers, many(EffectKind::stop, 3, true)) == 1);  // 9 reads went before, 2 more
  CHECK(carried(pool, answers, many(EffectKind::stop, 3)) == 0);  // it would need 2 reads, and there is one
}

TEST_CASE("an effect for a provider that is not there is answered") {
  Answers answers;
  Workers workers(answers.sink());
  workers.dispatch({effect_of(EffectKind::stop, 1)});
  const auto list = answers.all();
  REQUIRE(list.size() == 1);
  REQUIRE_FALSE(list[0].remotes.ok());
  CHECK(list[0].remotes.error().kind == ErrorKind::not_applied);
  CHECK(list[0].remotes.error().what.find("p is not configured") != std::string::npos);
}

TEST_CASE("a provider that changed ends its calls while the new one takes over") {
  Answers answers;
  Gate gate;
  Workers workers(answers.sink());
  workers.install({{ProviderName("p"), settings_of(through(gate, all))}});
  workers.dispatch({effect_of(EffectKind::start, 1)});
  wait_until([&] { return gate.waiting() == 1; });
  workers.install({{ProviderName("p"), settings_of(at_once)}});
  workers.dispatch({effect_of(EffectKind::observe, 2)});
  REQUIRE(answers.wait(1).size() == 1);
  CHECK(answers.all()[0].ticket == 2);
  CHECK_FALSE(workers.wait_quiet(Millis{0}));
  gate.open();
  CHECK(workers.wait_quiet(Seconds{10}));
  CHECK(answers.all().size() == 2);
}

}  // namespace
}  // namespace keeper
