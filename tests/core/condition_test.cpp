// The condition of a plan: the word for each case, and the same word for the notification, the page and the
// API.
#include "core/condition.h"
#include "core/deadlines.h"

#include "core/bench.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

PlanStanding standing(Bench& bench, std::size_t plan = 0) {
  return bench.keeper().view(bench.now).plans.at(plan).standing;
}

void fail_start(Bench& bench, Error error) {
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::start), std::move(error));
  bench.tick();
}

const Error not_permitted{ErrorKind::denied, "the key is not valid", std::nullopt, true};
const Error wrong_parameters{ErrorKind::denied, "no such template"};
const Error no_answer{ErrorKind::not_applied, "connection refused"};

// 09:00 to 17:00 UTC, each day.
Plan day_plan() {
  Plan plan = always_plan("one", "videosdk");
  plan.schedule = kit::made(kit::between("0 9 * * *", "0 17 * * *"));
  return plan;
}

OperatorAsked pause_until(std::optional<Wall> until) {
  OperatorAsked asked;
  asked.order = Order::pause;
  asked.plan = PlanName{"one"};
  asked.until = until;
  return asked;
}

}  // namespace

TEST_CASE("the first word that is true is the plan's condition") {
  struct Row {
    PlanCounts counts;
    std::string_view word;
  };
  const Row rows[] = {
      {{}, "idle"},
      {{.ending = 1}, "stopping"},
      {{.wanted = 1, .live = 1}, "as_wanted"},
      {{.wanted = 1, .live = 1, .ending = 1}, "as_wanted"},
      {{.wanted = 0, .live = 1}, "as_wanted"},
      {{.wanted = 2, .live = 1}, "starting"},
      {{.wanted = 1, .ending = 1}, "starting"},
      {{.blocked = true, .wanted = 2, .live = 1}, "blocked"},
      {{.blocked = true, .wanted = 1, .live = 1}, "as_wanted"},
      {{.degraded = true, .blocked = true, .wanted = 1}, "degraded"},
      {{.degraded = true, .wanted = 1, .live = 1}, "degraded"},
      {{.degraded = true}, "degraded"},
      {{.paused = true, .degraded = true, .blocked = true, .wanted = 1}, "paused"},
      {{.paused = true, .wanted = 1, .live = 1}, "paused"},
      {{.paused = true}, "paused"},
  };
  for (const Row& row : rows) CHECK(to_string(condition_of(row.counts)) == row.word);
}

TEST_CASE(
    "a plan is degraded from its third early end until a session has lived long enough, and so says the "
    "alert") {
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  const auto told = [&] {
    const bool raised = std::any_of(bench.alerts.begin(), bench.alerts.end(), [](const AlertRow& row) {
      return row.key.topic == Topic::plan_degraded;
    });
    const bool shown = standing(bench).condition == PlanCondition::degraded;
    CHECK(raised == shown);
    return shown;
  };
  for (int n = 1; n <= 3; ++n) {
    fail_start(bench, wrong_parameters);
    CHECK(told() == (n == 3));
    CHECK(standing(bench).last_error == "no such template");
  }
  while (bench.waiting().find("start") == std::string::npos) bench.advance(Seconds{1});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("good")});
  CHECK(standing(bench).live == 1);
  CHECK(told());
  for (int minute = 1; minute <= 10; ++minute) {
    bench.advance(minutes{1});
    while (bench.waiting().find("observe") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("good")});
    }
    CHECK(told() == (minute < 10));
  }
  CHECK(standing(bench).condition == PlanCondition::as_wanted);
}

TEST_CASE("a plan that degraded before a restart of the process is degraded after it") {
  Bench first({always_plan("one", "videosdk")});
  first.tick();
  for (int n = 0; n < 3; ++n) fail_start(first, wrong_parameters);
  REQUIRE(standing(first).condition == PlanCondition::degraded);
  Bench second({always_plan("one", "videosdk")}, first.ledger());
  second.tick();
  CHECK(standing(second).condition == PlanCondition::degraded);
}

TEST_CASE("a pause ends what ails a plan once, and no alert comes and goes while it lasts") {
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  for (int n = 0; n < 3; ++n) fail_start(bench, wrong_parameters);
  bench.take(pause_until(bench.now.wall + hours{5}));
  bench.load({always_plan("one", "videosdk")});
  bench.load({always_plan("one", "videosdk")});
  bench.advance(hours{1});
  CHECK(standing(bench).condition == PlanCondition::paused);
  CHECK(std::count(bench.notices.begin(), bench.notices.end(), "plan_degraded one") == 1);
  CHECK(std::count(bench.notices.begin(), bench.notices.end(), "plan_recovered one") == 1);
}

TEST_CASE(
    "a provider that does not answer, refuses the credentials or has no allowance left blocks a start") {
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  CHECK(standing(bench).condition == PlanCondition::starting);
  SECTION("its circuit is open") {
    for (int n = 0; n < 4; ++n) fail_start(bench, no_answer);
    CHECK(standing(bench).condition == PlanCondition::starting);
    fail_start(bench, no_answer);
    CHECK(standing(bench).condition == PlanCondition::blocked);
    CHECK(standing(bench).blocked_reason == "provider videosdk does not answer: connection refused");
    CHECK(standing(bench).blocked_until > bench.now.wall);
  }
  SECTION("it refuses the credentials") {
    fail_start(bench, not_permitted);
    CHECK(standing(bench).condition == PlanCondition::blocked);
    CHECK(standing(bench).blocked_reason ==
          "provider videosdk refuses the credentials: the key is not valid");
    CHECK(standing(bench).blocked_until > bench.now.wall);
    fail_start(bench, wrong_parameters);
    CHECK(standing(bench).condition == PlanCondition::starting);
  }
  SECTION("an allowance is used up") {
    fail_start(bench, Error{ErrorKind::exhausted, "no credit", minutes{7}});
    CHECK(standing(bench).condition == PlanCondition::blocked);
    CHECK(standing(bench).blocked_until == bench.now.wall + minutes{7});
  }
  SECTION("a start that has left is not blocked by it") {
    bench.load({always_plan("one", "videosdk"), always_plan("two", "videosdk")});
    bench.tick();
    std::vector<Effect> starts{bench.pop(EffectKind::start), bench.pop(EffectKind::start)};
    if (starts.front().plan.str() == "one") std::swap(starts.front(), starts.back());
    bench.answer(starts.front(), Error{ErrorKind::exhausted, "no credit", minutes{7}});
    CHECK(standing(bench, 0).condition == PlanCondition::starting);
    CHECK(standing(bench, 1).condition == PlanCondition::blocked);
  }
}

TEST_CASE("what an operator stopped is not wanted any more, and a failed occurrence that is repeated is") {
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  OperatorAsked stop;
  stop.order = Order::stop_session;
  stop.session = bench.row().id;
  bench.take(stop);
  CHECK(standing(bench).condition == PlanCondition::stopping);
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(standing(bench).wanted == 0);
  CHECK(standing(bench).condition == PlanCondition::idle);

  Plan nightly = always_plan("one", "videosdk");
  nightly.schedule = kit::made(kit::starting("30 0 * * *"));
  Bench night({nightly});
  night.tick();
  CHECK(standing(night).condition == PlanCondition::idle);
  night.advance(minutes{31});
  fail_start(night, wrong_parameters);
  CHECK(standing(night).wanted == 1);
  CHECK(standing(night).condition == PlanCondition::starting);
  CHECK(standing(night).next_attempt.has_value());
}

TEST_CASE("the next start heeds a pause") {
  Bench bench({day_plan()});
  bench.tick();
  const Wall midnight = Bench::monday.wall;
  CHECK(standing(bench).next_start == midnight + hours{9});
  const auto pause = [&](std::optional<Wall> until) {
    bench.take(pause_until(until));
    return standing(bench).next_start;
  };
  CHECK(pause(std::nullopt) == std::nullopt);
  CHECK(pause(midnight + hours{8}) == midnight + hours{9});
  CHECK(pause(midnight + hours{9}) == midnight + hours{9});
  CHECK(pause(midnight + hours{12}) == midnight + hours{12});
  CHECK(pause(midnight + hours{18}) == midnight + hours{33});
}

TEST_CASE("a deadline of the plan's counts at once, one of the provider's after it was asked") {
  struct Row {
    std::optional<Mono> start_by, own_hard_at, hard_at, idle_at, beat_at;
    Millis overdue;  // of the deadline, which is at 100 s
    Reason reason;
  };
  const Mono t{Seconds{100}};
  const Row rows[] = {
      {t, {}, {}, {}, {}, Millis{0}, Reason::start_timeout},
      {{}, t, {}, {}, {}, Millis{0}, Reason::max_duration},
      {{}, {}, t, {}, {}, Seconds{25}, Reason::max_duration},
      {{}, {}, {}, t, t, Seconds{25}, Reason::idle_timeout},
  };
  Traits traits;
  traits.request_timeout = Seconds{20};
  for (const Row& row : rows) {
    Tracked session;
    if (row.start_by) arm_start_timeout(session, *row.start_by, Millis{0});
    if (row.own_hard_at) arm_own_maximum(session, *row.own_hard_at, Millis{0});
    if (row.hard_at) arm_maximum(session, *row.hard_at, Millis{0});
    if (row.idle_at) arm_idle_timeout(session, *row.idle_at, Millis{0});
    if (row.beat_at) arm_heartbeat(session, *row.beat_at, Millis{0});
    CHECK(overdue_at(session, traits) == t + row.overdue);
    CHECK_FALSE(passed_deadline(session, traits, t + row.overdue - Millis{1}));
    CHECK(passed_deadline(session, traits, t + row.overdue) == row.reason);
  }
  Tracked unkept;
  arm_idle_timeout(unkept, t, Millis{0});  // it has no heartbeats, so that its provider's word is waited for
  CHECK(overdue_at(unkept, traits) == mono_never);
}
