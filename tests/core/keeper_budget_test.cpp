#include <cmath>

#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

Price price(double per_hour, Millis minimum = Millis{0}) { return {per_hour, minimum, Millis{0}, "USD"}; }

Budget budget_of_cost(double most) {
  Budget budget = test::known_budget();
  budget.max_cost = most;
  budget.currency = "USD";
  budget.period = hours{24};
  return budget;
}

Budget budget_of_time(Millis most) {
  Budget budget = test::known_budget();
  budget.max_session_time = most;
  budget.period = hours{24};
  return budget;
}

struct MoneyBench : Bench {
  MoneyBench(std::vector<Plan> plans, BudgetKey key, Budget budget, Price at) : Bench({}) {
    config.providers.at(videosdk).price = std::move(at);
    config.budgets.emplace(std::move(key), std::move(budget));
    load(std::move(plans));
    tick();
  }

  void confirm_start(const std::string& remote_id) {
    answer(pop(EffectKind::start), std::vector{remote(remote_id)});
  }
  void end(const std::string& remote_id, State state) {
    while (waiting().find("observe") == std::string::npos) advance(Seconds{10});
    answer(pop(EffectKind::observe), std::vector{ended(remote_id, state)});
  }
};

// Lets reads be answered "active" while time passes.
void live(MoneyBench& bench, const std::string& id, Millis by) {
  const Mono end = bench.now.mono + by;
  const Remote alive = bench.remote(id);
  while (bench.now.mono < end) {
    bench.advance(std::min<Millis>(Seconds{30}, end - bench.now.mono));
    while (bench.waiting().find("observe") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::observe), std::vector{alive});
    }
  }
}

int count_of(const Bench& bench, const std::string& notice) {
  return static_cast<int>(std::count(bench.notices.begin(), bench.notices.end(), notice));
}

}  // namespace

TEST_CASE(
    "a budget of session time is told at its soft share once, and used up it holds starts but stops "
    "nothing") {
  MoneyBench bench({always_plan("one", "videosdk")}, {BudgetScope::all, ""}, budget_of_time(hours{2}),
                   price(1));
  bench.confirm_start("r1");
  live(bench, "r1", minutes{90});
  CHECK(bench.notices.empty());
  live(bench, "r1", minutes{10});
  CHECK(count_of(bench, "budget_soft all plans") == 1);
  live(bench, "r1", minutes{25});
  CHECK(count_of(bench, "budget_soft all plans") == 1);
  CHECK(count_of(bench, "budget_hard all plans") == 1);
  CHECK(bench.keeper().view(bench.now).budgets.at(0).level == BudgetLevel::hard);
  CHECK(bench.row().state == State::active);
  bench.load({always_plan("one", "videosdk"), always_plan("two", "videosdk")});
  bench.tick();
  live(bench, "r1", hours{1});
  CHECK(bench.waiting().find("start") == std::string::npos);
  const View view = bench.keeper().view(bench.now);
  CHECK(view.plans.at(1).standing.condition == PlanCondition::blocked);
  CHECK(view.plans.at(1).standing.blocked_reason.find("the budget of all plans is used up") !=
        std::string::npos);
}

TEST_CASE("what a budget held back begins with the next period") {
  MoneyBench bench({always_plan("one", "videosdk")}, {BudgetScope::plan, "one"}, budget_of_time(hours{1}),
                   price(1));
  bench.confirm_start("r1");
  live(bench, "r1", hours{1});
  bench.end("r1", State::closed);
  bench.advance(hours{22});
  CHECK(bench.waiting().empty());
  bench.advance(hours{1});
  CHECK(bench.waiting() == "start");
  CHECK(count_of(bench, "budget_renewed plan one") >= 1);
}

TEST_CASE("a restart loop is billed its minimum each time, and the budget ends it") {
  MoneyBench bench({always_plan("one", "videosdk")}, {BudgetScope::provider, "videosdk"}, budget_of_cost(1.0),
                   price(6, minutes{1}));
  int starts = 0;
  for (int i = 0; i < 200; ++i) {
    bench.advance(Seconds{30});
    while (bench.waiting().find("start") != std::string::npos) {
      const std::string id = "r" + std::to_string(++starts);
      const Effect start = bench.pop(EffectKind::start);
      bench.answer(start, std::vector{bench.ended(id, State::error, Reason::provider_failed)});
    }
  }
  // Each is gone at once and costs 0.10 all the same.
  CHECK(starts == 10);
  const BudgetView seen = bench.keeper().view(bench.now).budgets.at(0);
  CHECK(std::abs(seen.used.cost - 1.0) < 1e-6);
  CHECK(seen.used.lived < minutes{6});
}

TEST_CASE("starts of one moment set their least cost aside, so that they do not overrun a budget together") {
  std::vector<Plan> plans;
  for (int i = 0; i < 20; ++i) plans.push_back(always_plan("p" + std::to_string(i), "videosdk"));
  MoneyBench bench(plans, {BudgetScope::all, ""}, budget_of_cost(0.5), price(6, minutes{1}));
  CHECK(bench.sent.size() == 5);
}

TEST_CASE("an occurrence whose budget is used up is recorded as missed, and told") {
  Schedule::Spec spec;
  spec.plan = PlanName{"nightly"};
  spec.start = std::get<Cron>(Cron::parse("0 * * * *"));
  Plan nightly = always_plan("nightly", "videosdk");
  nightly.schedule = Schedule::make(std::move(spec)).value();
  MoneyBench bench({nightly, always_plan("one", "videosdk")}, {BudgetScope::all, ""},
                   budget_of_time(minutes{30}), price(1));
  // The bench begins at midnight, an hour that both take.
  while (bench.waiting().find("start") != std::string::npos) {
    const Effect start = bench.pop(EffectKind::start);
    const bool short_lived = start.plan.str() == "nightly";
    bench.answer(start, std::vector{short_lived ? bench.ended("n", State::closed) : bench.remote("r1")});
  }
  bench.advance(minutes{50});
  CHECK(bench.missed.empty());
  bench.advance(minutes{15});
  REQUIRE(bench.missed.size() == 1);
  CHECK(bench.missed.at(0).why == Missed::budget);
  CHECK(count_of(bench, "start_missed nightly") == 1);
}

TEST_CASE("a rollover waits for the next period, and the session lives on meanwhile") {
  Plan plan = always_plan("one", "videosdk");
  plan.max_duration = hours{20};
  plan.keep_alive.rollover = Rollover::make_before_break;
  MoneyBench bench({plan}, {BudgetScope::plan, "one"}, budget_of_time(hours{10}), price(1));
  bench.confirm_start("r1");
  live(bench, "r1", hours{19} + minutes{30});
  CHECK(bench.waiting().find("start") == std::string::npos);
  CHECK(bench.row().state == State::active);
  CHECK_FALSE(bench.row().successor);
}

TEST_CASE("a new process counts what ended before, and tells nothing twice") {
  MoneyBench bench({always_plan("one", "videosdk")}, {BudgetScope::all, ""}, budget_of_time(hours{1}),
                   price(1));
  bench.confirm_start("r1");
  live(bench, "r1", hours{1});
  bench.end("r1", State::closed);
  CHECK(count_of(bench, "budget_hard all plans") == 1);
  MoneyBench again({always_plan("one", "videosdk")}, {BudgetScope::all, ""}, budget_of_time(hours{1}),
                   price(1));
  Bench restarted({}, bench.ledger());
  restarted.now = bench.now;
  restarted.rows = bench.rows;
  restarted.alerts = bench.alerts;
  restarted.config = bench.config;
  restarted.load({always_plan("one", "videosdk")});
  restarted.advance(minutes{5});
  CHECK(restarted.waiting().empty());
  CHECK(restarted.notices.empty());
  CHECK(restarted.keeper().view(restarted.now).budgets.at(0).used.lived >= hours{1});
}

TEST_CASE("an operator's start is refused while the budget is used up") {
  Schedule::Spec spec;
  spec.plan = PlanName{"nightly"};
  spec.start = std::get<Cron>(Cron::parse("0 12 * * *"));
  Plan nightly = always_plan("nightly", "videosdk");
  nightly.schedule = Schedule::make(std::move(spec)).value();
  MoneyBench bench({nightly, always_plan("one", "videosdk")}, {BudgetScope::all, ""},
                   budget_of_time(minutes{30}), price(1));
  bench.confirm_start("r1");
  live(bench, "r1", hours{1});
  bench.take(OperatorAsked{Order::start, PlanName{"nightly"}, {}, false, {}, {}, 7});
  REQUIRE(bench.acks.size() == 1);
  CHECK(bench.acks.at(0) == Ack::refused);
}

TEST_CASE("periods are aligned to the epoch, on both sides of it") {
  const Wall noon{hours{12}};
  CHECK(period_at(hours{24}, noon) == Period{Wall{}, Wall{hours{24}}});
  CHECK(period_at(hours{24}, Wall{-hours{1}}) == Period{Wall{-hours{24}}, Wall{}});
  CHECK(period_at(hours{24}, Wall{hours{24}}) == Period{Wall{hours{24}}, Wall{hours{48}}});
}

TEST_CASE("only the part of a life that lies in the period counts, what is billed from its begin on") {
  const Period day{Wall{hours{24}}, Wall{hours{48}}};
  const Price least{1, minutes{1}, Millis{0}, ""};
  const Spent across = spent_within({Wall{hours{23}}, Wall{hours{25}}}, {}, day);
  CHECK(across.lived == hours{1});
  const Spent short_one = spent_within({Wall{hours{30}}, Wall{hours{30} + Seconds{1}}}, least, day);
  CHECK(short_one.lived == Seconds{1});
  CHECK(short_one.billed == minutes{1});
  CHECK(spent_within({Wall{hours{1}}, Wall{hours{24}}}, {}, day) == Spent{});
}

TEST_CASE("each increment that has begun is billed, and never less than the minimum") {
  const Price by_minute{1, minutes{2}, minutes{1}, ""};
  CHECK(billed_of(Seconds{30}, by_minute) == minutes{2});
  CHECK(billed_of(minutes{3}, by_minute) == minutes{3});
  CHECK(billed_of(minutes{3} + Millis{1}, by_minute) == minutes{4});
  CHECK(billed_of(Seconds{90}, Price{1, Millis{0}, Millis{0}, ""}) == Seconds{90});
  CHECK(least_billed({1, Millis{0}, hours{1}, ""}) == hours{1});
  CHECK(billed_beyond_end({{ProviderName{"a"}, by_minute}, {ProviderName{"b"}, {1, {}, hours{1}, ""}}}) ==
        hours{1});
}

TEST_CASE(
    "a start that waited for a budget has its start_timeout from when it leaves, not from the period's end") {
  MoneyBench bench({always_plan("one", "videosdk")}, {BudgetScope::all, ""}, budget_of_time(hours{10}),
                   price(1));
  const Effect first = bench.pop(EffectKind::start);
  bench.answer(first, Error{ErrorKind::not_applied, "refused"});
  // What was spent is unknown for the moment, so that the next try waits.
  bench.load({always_plan("one", "videosdk")});
  bench.take(Tick{});
  bench.now.mono += Seconds{5};
  bench.now.wall += Seconds{5};
  bench.take(Tick{});
  CHECK(bench.waiting().empty());
  bench.tick();
  bench.tick();
  REQUIRE(bench.waiting() == "start");
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("slow", Progress::asked)});
  const Remote queued = bench.remote("slow", Progress::asked);
  for (int i = 0; i < 30 && bench.waiting().find("stop") == std::string::npos; ++i) {
    bench.advance(Seconds{10});
    while (bench.waiting().find("observe") != std::string::npos) {
      bench.answer(bench.pop(EffectKind::observe), std::vector{queued});
    }
  }
  CHECK(bench.waiting().find("stop") != std::string::npos);
}

TEST_CASE(
    "a session that its window outlives asks no budget for a successor, and none is told to be used up") {
  Schedule::Spec spec;
  spec.plan = PlanName{"shift"};
  spec.start = std::get<Cron>(Cron::parse("0 0 * * *"));
  spec.duration = hours{2};
  Plan shift = always_plan("shift", "videosdk");
  shift.schedule = Schedule::make(std::move(spec)).value();
  shift.max_duration = hours{3};
  shift.keep_alive.rollover = Rollover::make_before_break;
  shift.keep_alive.rollover_before = hours{1} + minutes{20};
  MoneyBench bench({shift}, {BudgetScope::plan, "shift"}, budget_of_cost(2.5), price(1, hours{2}));
  bench.confirm_start("r1");
  live(bench, "r1", hours{1} + minutes{55});
  CHECK(bench.waiting().find("start") == std::string::npos);
  CHECK(count_of(bench, "budget_hard plan shift") == 0);
}
