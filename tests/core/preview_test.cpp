// The preview of a reload: what it tells is what the reload then does, and nothing happens by the telling.
#include "core/preview.h"

#include <set>

#include "core/bench.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::shared_ptr<const Config> with_plans(const Bench& bench, const std::vector<Plan>& plans) {
  auto config = std::make_shared<Config>(bench.config);
  config->plans.clear();
  for (const Plan& plan : plans) config->plans.emplace(plan.name, plan);
  return config;
}

std::map<std::string, PlanPreview> preview(Bench& bench, const std::shared_ptr<const Config>& config) {
  const auto told = preview_of(
      bench.keeper(), config, bench.now,
      [&](const Period& period, const auto&) -> Result<std::vector<SpentBy>> { return bench.spent(period); });
  REQUIRE(told.ok());
  std::map<std::string, PlanPreview> plans;
  for (const PlanPreview& plan : told->plans) plans[plan.plan.str()] = plan;
  return plans;
}

std::map<std::string, PlanPreview> preview(Bench& bench, const std::vector<Plan>& plans) {
  return preview(bench, with_plans(bench, plans));
}

std::string numbers(const PlanPreview& plan) {
  return std::to_string(plan.start) + " " + std::to_string(plan.stop) + " " + std::to_string(plan.roll_over) +
         " " + std::to_string(plan.keep);
}

void confirm_starts(Bench& bench) {
  static int count = 0;
  while (bench.waiting().find("start") != std::string::npos) {
    bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r" + std::to_string(++count))});
  }
}

// Starts, reads and stops are answered as a healthy provider answers them.
void answer_all(Bench& bench) {
  for (int n = 0; n < 100 && !bench.sent.empty(); ++n) {
    confirm_starts(bench);
    if (bench.sent.empty()) return;
    const Effect effect = bench.pop(bench.sent.front().kind);
    const bool stop = effect.kind == EffectKind::stop;
    const std::string id = effect.remote.str();
    bench.answer(effect, std::vector{stop ? bench.ended(id, State::closed) : bench.remote(id)});
  }
}

Plan day_plan(const std::string& name) {
  Plan plan = always_plan(name, "videosdk");
  plan.schedule = kit::made(kit::between("0 9 * * *", "0 17 * * *"));
  return plan;
}

OperatorAsked order(Order what, const std::string& plan) {
  OperatorAsked asked;
  asked.order = what;
  asked.plan = PlanName{plan};
  return asked;
}

Plan changed(Plan plan) {
  plan.fingerprint = "v2";
  return plan;
}

}  // namespace

TEST_CASE("plans that are new, gone, changed and the same") {
  Plan two = always_plan("two", "notte");
  two.count = 2;
  Bench bench({always_plan("gone", "videosdk"), always_plan("one", "videosdk"), two});
  bench.tick();
  for (int n = 0; n < 4; ++n) {
    confirm_starts(bench);
    bench.advance(Seconds{1});
  }
  Plan fewer = two;
  fewer.count = 1;
  Plan rolling = changed(always_plan("one", "videosdk"));
  rolling.keep_alive.rollover = Rollover::make_before_break;
  const auto told = preview(bench, {rolling, fewer, always_plan("three", "videosdk")});
  CHECK(numbers(told.at("gone")) == "0 1 0 0");
  CHECK(told.at("gone").change == PlanChange::removed);
  CHECK(told.at("gone").why == "not in the file");
  CHECK(numbers(told.at("one")) == "0 0 1 0");
  CHECK(told.at("one").change == PlanChange::session_changed);
  CHECK(numbers(told.at("two")) == "0 1 0 1");
  CHECK(told.at("two").why == "its count is lower");
  CHECK(numbers(told.at("three")) == "1 0 0 0");
  CHECK(told.at("three").why == "new");
  CHECK(told.at("three").standing.condition == PlanCondition::starting);
  const auto same = preview(bench, bench.keeper().world().config);
  for (const auto& [name, plan] : same) {
    CHECK(plan.why.empty());
    CHECK(plan.start + plan.stop + plan.roll_over == 0);
  }
}

TEST_CASE("a session that was started by hand outside its window is kept by a reload, and told so") {
  Bench bench({day_plan("one")});
  bench.tick();
  bench.take(order(Order::start, "one"));
  bench.tick();
  confirm_starts(bench);
  REQUIRE(bench.row().state == State::active);
  CHECK(numbers(preview(bench, {day_plan("one")}).at("one")) == "0 0 0 1");
  bench.load({day_plan("one")});
  bench.tick();
  CHECK_FALSE(bench.row().ending);
}

TEST_CASE("a start that a budget forbids is not told as one") {
  Bench bench({});
  Budget budget = test::known_budget();
  budget.max_session_time = hours{1};
  budget.period = hours{24};
  bench.config.budgets.emplace(BudgetKey{BudgetScope::all, {}}, budget);
  bench.load({always_plan("one", "videosdk")});
  bench.tick();
  confirm_starts(bench);
  for (int n = 0; n < 70; ++n) {
    bench.advance(minutes{1});
    while (bench.waiting().find("observe") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote(bench.row().remote_id->str())});
    }
  }
  const auto told = preview(bench, {always_plan("one", "videosdk"), always_plan("two", "videosdk")});
  CHECK(numbers(told.at("one")) == "0 0 0 1");
  CHECK(numbers(told.at("two")) == "0 0 0 0");
  CHECK(told.at("two").standing.condition == PlanCondition::blocked);
  CHECK(told.at("two").standing.blocked_until == Bench::monday.wall + hours{24});
  CHECK(told.at("two").why.find("the budget of all plans is used up") != std::string::npos);
  // A budget that the new file alone has counts what its period took already.
  Bench free({always_plan("one", "videosdk")});
  free.tick();
  confirm_starts(free);
  free.advance(hours{1});
  free.config.budgets.emplace(BudgetKey{BudgetScope::all, {}}, budget);
  CHECK(numbers(preview(free, {always_plan("one", "videosdk"), always_plan("two", "videosdk")}).at("two")) ==
        "0 0 0 0");
}

TEST_CASE("a pause keeps what lives, and nothing starts or is rolled over") {
  Plan two = always_plan("one", "videosdk");
  two.count = 2;
  two.keep_alive.rollover = Rollover::make_before_break;
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  confirm_starts(bench);
  bench.take(order(Order::pause, "one"));
  const auto told = preview(bench, {changed(two)}).at("one");
  CHECK(numbers(told) == "0 0 0 1");
  CHECK(told.standing.condition == PlanCondition::paused);
  CHECK(told.why.find("paused, so nothing starts") != std::string::npos);
}

TEST_CASE("a session with a call under way is rolled over like any other") {
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  confirm_starts(bench);
  bench.advance(minutes{1});
  REQUIRE(bench.waiting() == "observe");
  Plan fresh = changed(always_plan("one", "videosdk"));
  fresh.keep_alive.rollover = Rollover::make_before_break;
  CHECK(numbers(preview(bench, {fresh}).at("one")) == "0 0 1 0");
}

TEST_CASE("what is told is what the reload does, and telling changes nothing") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    auto draw = [state = seed * 2654435761U + 1]() mutable {
      state = state * 1664525U + 1013904223U;
      return state >> 24U;
    };
    const auto draw_plans = [&] {
      std::vector<Plan> plans;
      for (const char* name : {"a", "b", "c"}) {
        if (draw() % 4 == 0) continue;
        Plan plan =
            draw() % 3 == 0 ? day_plan(name) : always_plan(name, draw() % 2 == 0 ? "videosdk" : "notte");
        plan.count = static_cast<int>(1 + draw() % 3);
        if (draw() % 2 == 0) plan.keep_alive.rollover = Rollover::make_before_break;
        plans.push_back(draw() % 2 == 0 ? plan : changed(plan));
      }
      return plans;
    };
    Bench bench(draw_plans());
    bench.now.wall += hours{static_cast<int>(draw() % 12)};
    bench.tick();
    for (unsigned n = draw() % 6; n > 0; --n) {
      answer_all(bench);
      bench.advance(Seconds{20});
    }
    // No call is under way, so that all of it happens at once.
    answer_all(bench);
    const std::vector<Plan> plans = draw_plans();
    const std::string waiting = bench.waiting();
    const auto told = preview(bench, plans);
    CHECK(bench.waiting() == waiting);
    std::map<SessionId, SessionRow> live;
    for (const auto& [id, session] : bench.keeper().world().sessions) {
      if (!session.row.ending && !is_terminal(session.row.state)) live.emplace(id, session.row);
    }
    bench.load(plans);
    bench.tick();
    std::map<std::string, PlanPreview> done;
    const auto& sessions = bench.keeper().world().sessions;
    for (const auto& [id, before] : live) {
      PlanPreview& plan = done[before.plan.str()];
      const auto found = sessions.find(id);
      const SessionRow* row = found == sessions.end() ? nullptr : &found->second.row;
      const bool ends = !row || row->ending;
      const bool superseded = row && row->ending && row->ending->reason == Reason::superseded;
      const bool followed = !ends && row->successor && !before.successor;
      ++(superseded || followed ? plan.roll_over : ends ? plan.stop : plan.keep);
    }
    for (const auto& [id, session] : sessions) {
      const bool made =
          !live.contains(id) && session.row.created_at == bench.now.wall && !session.row.predecessor;
      if (made) ++done[session.row.plan.str()].start;
    }
    for (const auto& [name, plan] : told) {
      INFO(name);
      CHECK(numbers(plan) == numbers(done[name]));
    }
  }
}

TEST_CASE("a store that cannot say what was spent is an error, not an answer") {
  Bench bench({always_plan("one", "videosdk")});
  bench.tick();
  auto config = std::make_shared<Config>(bench.config);
  Budget budget = test::known_budget();
  budget.max_session_time = hours{1};
  budget.period = hours{24};
  config->budgets.emplace(BudgetKey{BudgetScope::all, {}}, budget);
  const auto told = preview_of(bench.keeper(), config, bench.now, [](const Period&, const auto&) {
    return Result<std::vector<SpentBy>>(Error{ErrorKind::storage, "disk I/O error"});
  });
  REQUIRE_FALSE(told.ok());
  CHECK(told.error().kind == ErrorKind::storage);
}
