#include "core/provider_time.h"

#include "catch.h"
#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The provider's clock as the keeper takes it after these `Date`s, each a number of seconds before the true
// time, ten seconds apart; the answers take no time.
std::optional<Millis> error_after(const std::vector<std::optional<Millis>>& dates, Millis wall_error = {}) {
  World world;
  Now now = Bench::monday;
  std::optional<Millis> error;
  for (const auto& old : dates) {
    now.mono += Seconds{10};
    now.wall += Seconds{10};
    Answer answer;
    answer.provider = ProviderName{"notte"};
    answer.sent_at = now.mono;
    if (old) answer.provider_now = now.wall - *old;
    Draft draft(world, {now.wall + wall_error, now.mono});
    note_date(draft, answer);
    const auto there = provider_time(draft, answer);
    error = there ? std::optional(now.wall - *there) : std::nullopt;
    world.apply(draft.finish());
  }
  return error;
}

const Tracked& first(Bench& bench) { return bench.keeper().world().sessions.begin()->second; }

}  // namespace

TEST_CASE("a Date is used within reason, and one of 1970, of an hour ago or of tomorrow is not") {
  CHECK(error_after({Seconds{0}}) == Millis{0});
  CHECK(error_after({minutes{5}}) == Millis{minutes{5}});
  CHECK_FALSE(error_after({std::nullopt}));
  CHECK_FALSE(error_after({hours{1}}));
  CHECK_FALSE(error_after({hours{500'000}}));
  CHECK_FALSE(error_after({-hours{24}}));
}

TEST_CASE("once a provider's clock is known, a Date that is missing, old or of the future changes nothing") {
  CHECK(error_after({Seconds{0}, std::nullopt}) == Millis{0});
  CHECK(error_after({Seconds{0}, hours{1}}) == Millis{0});
  CHECK(error_after({Seconds{0}, minutes{5}}) == Millis{0});
  CHECK(error_after({Seconds{0}, -hours{1}}) == Millis{0});
  // What was kept for some minutes is seen through by the first one that is fresh.
  CHECK(error_after({minutes{5}, Seconds{0}}) == Millis{0});
}

TEST_CASE("our own wall clock may be hours off once a provider's clock is known") {
  World world;
  Now now = Bench::monday;
  const auto told = [&](Millis wall_error) {
    now.mono += Seconds{10};
    now.wall += Seconds{10};
    Answer answer;
    answer.provider = ProviderName{"notte"};
    answer.sent_at = now.mono;
    answer.provider_now = now.wall;
    Draft one(world, {now.wall + wall_error, now.mono});
    note_date(one, answer);
    const auto there = provider_time(one, answer);
    world.apply(one.finish());
    return there == now.wall;
  };
  CHECK(told(Millis{0}));
  CHECK(told(-hours{2}));
  CHECK(told(hours{24 * 365}));
}

TEST_CASE("a session is no older than its start, whatever the provider says of its creation") {
  for (const Millis off : {Millis{-hours{3}}, Millis{hours{3}}, Millis{-minutes{4}}, Millis{minutes{4}}}) {
    Bench bench({kept_plan(hours{1})});
    const Mono left = bench.now.mono;
    bench.now.mono += Seconds{2};
    bench.now.wall += Seconds{2};
    Remote remote = bench.remote("r1");
    *remote.created_at += off;
    bench.answer(bench.pop(EffectKind::start), std::vector{remote});
    REQUIRE(first(bench).hard_at);
    CHECK(*first(bench).hard_at >= left + hours{1});
    CHECK(*first(bench).hard_at <= left + hours{1} + Seconds{2});
    CHECK_FALSE(bench.row().ending);
  }
}

TEST_CASE("a start that was refused makes the session of a later one no older") {
  Plan plan = kept_plan(hours{1});
  plan.start_timeout = hours{2};
  Bench bench({plan});
  for (const Mono end = bench.now.mono + minutes{40}; bench.now.mono < end; bench.advance(Seconds{10})) {
    if (bench.waiting().find("start") == std::string::npos) continue;
    bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::not_applied, "no room"});
  }
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{10});
  const Mono left = bench.now.mono;
  // Our wall clock, which is all that tells, is half an hour ahead.
  Remote remote = bench.remote("r1");
  *remote.created_at -= minutes{30};
  Answer answer = bench.answer_to(bench.pop(EffectKind::start), std::vector{remote});
  answer.provider_now.reset();
  bench.take(answer);
  REQUIRE(first(bench).hard_at);
  CHECK(*first(bench).hard_at == left + hours{1});
}

TEST_CASE("the bound of a session's age outlives the process and a reboot") {
  Bench before({kept_plan(hours{1})});
  before.answer(before.pop(EffectKind::start), std::vector{before.remote("r1")});
  for (const bool rebooted : {false, true}) {
    Ledger ledger = before.ledger();
    if (rebooted) ledger.unresolved.front().start_sent_mono.reset();
    const Now now{before.now.wall + minutes{20}, rebooted ? Mono{minutes{1}} : before.now.mono + minutes{20}};
    Bench bench({kept_plan(hours{1})}, ledger, {}, now);
    Remote remote = bench.remote("r1");
    *remote.created_at -= hours{5};
    bench.answer(bench.pop(EffectKind::observe), std::vector{remote});
    REQUIRE(first(bench).hard_at);
    CHECK(*first(bench).hard_at == now.mono + minutes{40});
  }
}

TEST_CASE("a clock that was set while a session began makes it no younger for the next process") {
  const Millis set = GENERATE(-Millis{hours{2}}, Millis{hours{2}});
  Bench before({kept_plan(hours{1})});
  const Wall began = before.now.wall;
  const Effect start = before.pop(EffectKind::start);
  before.now.wall += set;
  Remote remote = before.remote("r1");
  remote.created_at = began;
  Answer answer = before.answer_to(start, std::vector{remote});
  answer.provider_now = began;
  before.take(answer);
  const Now now{before.now.wall + minutes{20}, before.now.mono + minutes{20}};
  Bench bench({kept_plan(hours{1})}, before.ledger(), {}, now);
  answer = bench.answer_to(bench.pop(EffectKind::observe), std::vector{remote});
  answer.provider_now = began + minutes{20};
  bench.take(answer);
  REQUIRE(first(bench).hard_at);
  CHECK(*first(bench).hard_at == now.mono + minutes{40});
}

TEST_CASE("a start that waited for its turn made its remote when it left, for later processes too") {
  Bench before({kept_plan(hours{1})});
  const Effect start = before.pop(EffectKind::start);
  before.now.wall += Seconds{50};
  before.now.mono += Seconds{50};
  const Remote remote = before.remote("r1");
  before.answer(start, std::vector{remote});
  const Now now{before.now.wall + hours{24 * 365}, before.now.mono + minutes{20}};
  Bench bench({kept_plan(hours{1})}, before.ledger(), {}, now);
  Answer answer = bench.answer_to(bench.pop(EffectKind::observe), std::vector{remote});
  answer.provider_now = before.now.wall + minutes{20};
  bench.take(answer);
  REQUIRE(first(bench).hard_at);
  CHECK(*first(bench).hard_at == now.mono + minutes{40});
}

TEST_CASE("where the provider's clock cannot be told, a session is beaten at once and not given up") {
  Bench before({kept_plan(hours{1})});
  before.answer(before.pop(EffectKind::start), std::vector{before.remote("r1")});
  for (const Millis off : {-Millis{minutes{5}}, Millis{minutes{5}}}) {
    const Now now{before.now.wall + minutes{2}, before.now.mono + minutes{2}};
    Bench bench({kept_plan(hours{1})}, before.ledger(), {}, now);
    Answer answer = bench.answer_to(bench.pop(EffectKind::observe), std::vector{bench.remote("r1")});
    *answer.remotes->front().last_activity_at += off - minutes{1};
    answer.provider_now.reset();
    bench.take(answer);
    CHECK_FALSE(first(bench).row.ending);
    CHECK(*first(bench).idle_at >= now.mono);
    CHECK(*first(bench).idle_at <= now.mono + minutes{2});
    bench.advance(Seconds{2});
    CHECK(bench.waiting() == "keep_alive");
  }
}

TEST_CASE("without the provider's clock a heartbeat counts by the activity that moved") {
  Bench bench({kept_plan(hours{1})});
  Answer started = bench.answer_to(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  started.provider_now.reset();
  bench.take(started);
  const Remote as_it_was = started.remotes->front();
  while (bench.waiting().find("keep_alive") == std::string::npos) {
    bench.advance(Seconds{1});
    if (bench.waiting() != "observe") continue;
    Answer read = bench.answer_to(bench.pop(EffectKind::observe), std::vector{as_it_was});
    read.provider_now.reset();
    bench.take(read);
  }
  const Mono before = *first(bench).idle_at;
  Answer answer = bench.answer_to(bench.pop(EffectKind::keep_alive), std::vector{as_it_was});
  answer.provider_now.reset();
  SECTION("it moved") {
    *answer.remotes->front().last_activity_at += minutes{1};
    bench.take(answer);
    CHECK(*first(bench).idle_at == answer.sent_at + minutes{3});
  }
  SECTION("it did not") {
    bench.take(answer);
    CHECK(*first(bench).idle_at == before);
  }
}

TEST_CASE(
    "times of creation are known to be wrong by a session of ours, and a slow answer is no sign of it") {
  const auto times = [](Millis off, Millis latency) {
    Bench bench({kept_plan(hours{1})});
    bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
    const Remote made = bench.remote("r1");
    bench.advance(Seconds{20});
    const Effect read = bench.pop(EffectKind::observe);
    const Mono sent_at = bench.now.mono;
    bench.now.mono += latency;
    bench.now.wall += latency;
    Answer answer = bench.answer_to(read, std::vector{made});
    answer.sent_at = sent_at;
    *answer.remotes->front().created_at += off;
    bench.take(answer);
    return bench.keeper().world().providers.at(ProviderName{"notte"}).creation_times;
  };
  CHECK(times(Millis{0}, Millis{0}) == CreationTimes::right);
  CHECK(times(Millis{0}, Seconds{25}) == CreationTimes::right);
  CHECK(times(-hours{2}, Millis{0}) == CreationTimes::wrong);
  CHECK(times(hours{2}, Millis{0}) == CreationTimes::wrong);
}
