// A schedule counts from its own moment: what a changed one would have meant before does not begin and is not
// recorded as missed, and the preview says so.
#include "core/bench.h"
#include "core/preview.h"
#include "core/successor.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Mono booted_at{hours{100}};
constexpr Now known_at{
    Wall{std::chrono::sys_days{std::chrono::February / 1 / 2026}.time_since_epoch()} + hours{12} + minutes{1},
    booted_at};
constexpr Now changed_at{known_at.wall + days{3} + minutes{4}, booted_at + days{3} + minutes{4}};

constexpr Millis short_life = Seconds{5};

Plan short_plan(Schedule::Spec spec) {
  Plan plan = always_plan("p", "videosdk");
  spec.plan = plan.name;
  plan.schedule = kit::made(std::move(spec));
  plan.keep_alive.restart = Restart::never;
  return plan;
}

struct Amendment {
  const char* what;
  Schedule::Spec before, after;
};

Schedule::Spec amended(Schedule::Spec spec, const std::function<void(Schedule::Spec&)>& change) {
  change(spec);
  return spec;
}

std::vector<Amendment> amendments() {
  using Spec = Schedule::Spec;
  const Spec noon = kit::starting("0 12 * * *");
  const std::chrono::year_month_day today{std::chrono::year{2026} / 2 / 4};
  return {
      {"another time", kit::starting("0 0 1 1 *"), noon},
      {"more often", kit::starting("0 3 * * *"), kit::starting("*/10 * * * *")},
      {"a zone", kit::starting("0 17 * * *"), kit::starting("0 17 * * *", "Asia/Karachi")},
      {"no jitter", amended(kit::starting("0 12 * * *"), [](Spec& spec) { spec.jitter = hours{11}; }), noon},
      {"no exclusion",
       amended(noon,
               [&](Spec& spec) {
                 spec.exclude = {{today, today}};
               }),
       noon},
      {"no end", amended(noon, [](Spec& spec) { spec.not_after = kit::utc("2026-02-03T00:00"); }), noon},
      {"an earlier begin", amended(noon, [](Spec& spec) { spec.not_before = kit::utc("2026-02-05T00:00"); }),
       noon},
      {"an interval", kit::starting("0 0 1 1 *"),
       amended(Spec{}, [](Spec& spec) { spec.every = minutes{10}; })},
      {"single times", noon,
       amended(Spec{},
               [](Spec& spec) {
                 spec.at = {kit::utc("2026-02-02T00:00"), kit::utc("2026-02-04T12:00"),
                            kit::utc("2026-02-09T00:00")};
               })},
      {"no window", kit::between("0 9 * * *", "0 10 * * *"), noon},
  };
}

int previewed_starts(Bench& bench, const Plan& plan) {
  auto config = std::make_shared<Config>(bench.config);
  config->plans = {{plan.name, plan}};
  const auto told = preview_of(
      bench.keeper(), config, bench.now,
      [&](const Period& period, const auto&) -> Result<std::vector<SpentBy>> { return bench.spent(period); });
  return told->plans.front().start;
}

}  // namespace

TEST_CASE(
    "a changed schedule counts from its change, by a reload and by a restart, and the preview says so") {
  for (const Amendment& change : amendments()) {
    for (const bool restarts : {false, true}) {
      INFO(change.what << (restarts ? " by a restart" : " by a reload"));
      const Plan after = short_plan(change.after);
      Bench first({short_plan(change.before)}, {}, {}, known_at);
      keep_for(first, changed_at.mono - known_at.mono, short_life);
      const std::size_t sessions = first.rows.size();
      first.missed.clear();
      CHECK(previewed_starts(first, after) == 0);
      std::optional<Bench> second;
      if (restarts) {
        second.emplace(std::vector{after}, successor_ledger(first), std::map<TargetName, Target>{},
                       first.now);
        second->rows = first.rows;
      } else {
        first.load({after});
      }
      Bench& bench = restarts ? *second : first;
      bench.tick();
      CHECK(bench.waiting().empty());
      CHECK(bench.missed.empty());
      CHECK(bench.notices.empty());
      const auto next = after.schedule.next_start(bench.now.wall);
      REQUIRE(next);
      keep_for(bench, next->start - bench.now.wall, short_life);
      CHECK(bench.rows.size() == sessions + 1);
      CHECK(bench.missed.empty());
    }
  }
}

TEST_CASE("a plan that was taken out of the configuration counts from its return") {
  const Plan plan = short_plan(kit::starting("*/10 * * * *"));
  const bool restarts = GENERATE(false, true);
  Bench first({plan}, {}, {}, known_at);
  keep_for(first, minutes{25}, short_life);
  const std::size_t sessions = first.rows.size();
  first.load({});
  keep_for(first, days{2}, short_life);
  first.missed.clear();
  std::optional<Bench> second;
  if (restarts)
    second.emplace(std::vector<Plan>{}, successor_ledger(first), std::map<TargetName, Target>{}, first.now);
  Bench& bench = restarts ? *second : first;
  bench.load({plan});
  bench.tick();
  CHECK(bench.waiting().empty());
  CHECK(bench.missed.empty());
  keep_for(bench, minutes{10}, short_life);
  CHECK(first.rows.size() + (restarts ? second->rows.size() : 0) == sessions + 1);
}

TEST_CASE("a schedule that is written in other words is the same one: what a downtime missed is recorded") {
  const auto [before, after] = GENERATE(table<const char*, const char*>({
      {"0 3 * * mon-fri", "00  3 * * 1,2,3,4,5"},
      {"@daily", "0 0 * * *"},
      {"0 0 3 * * *", "0 3 * * *"},
  }));
  Bench first({short_plan(kit::starting(before))}, {}, {}, known_at);
  first.tick();
  Bench second({short_plan(kit::starting(after))}, successor_ledger(first), {}, changed_at);
  second.tick();
  CHECK(second.missed.size() == 3);
}

TEST_CASE("a row that a program wrote which did not store the schedule counts from before") {
  const Plan plan = short_plan(kit::starting("0 12 * * *"));
  Bench first({plan}, {}, {}, known_at);
  first.tick();
  Ledger ledger = successor_ledger(first);
  ledger.plans.front().schedule.reset();
  Bench second({plan}, ledger, {}, changed_at);
  second.tick();
  CHECK(second.waiting() == "start");
  CHECK(second.missed.size() == 2);
}

TEST_CASE("a window of which such a program's session was stopped by an operator does not begin again") {
  Plan plan = short_plan(kit::between("0 9 * * *", "0 17 * * *"));
  Bench first({plan}, {}, {}, known_at);
  keep_for(first, minutes{5}, hours{9});
  OperatorAsked stop;
  stop.order = Order::stop_session;
  stop.session = first.row().id;
  first.take(stop);
  keep_for(first, minutes{5}, short_life);
  REQUIRE(first.row().reason == Reason::stopped_by_operator);
  Ledger ledger = successor_ledger(first);
  ledger.plans.front().schedule.reset();
  ledger.plans.front().window.reset();
  ledger.plans.front().handled.clear();
  Bench second({plan}, ledger, {}, first.now);
  keep_for(second, hours{1}, short_life);
  CHECK(second.rows.empty());
  keep_for(second, hours{24}, short_life);
  CHECK(second.rows.size() == 1);
}

TEST_CASE("a greater catch_up does not begin what was recorded as missed") {
  Plan plan = short_plan(kit::starting("0 12 * * *"));
  Bench first({plan}, {}, {}, known_at);
  first.tick();
  Bench second({plan}, successor_ledger(first), {}, {changed_at.wall + hours{2}, changed_at.mono + hours{2}});
  second.tick();
  REQUIRE(second.missed.size() == 3);
  plan.catch_up = days{7};
  second.load({plan});
  second.tick();
  CHECK(second.waiting().empty());
}

TEST_CASE("what waits for the last session's end is passed over where the schedule changes") {
  Plan plan = short_plan(kit::starting("*/10 * * * *"));
  plan.overlap = Overlap::buffer_one;
  Bench bench({plan}, {}, {}, known_at);
  keep_for(bench, minutes{25}, hours{9});
  const std::size_t sessions = bench.rows.size();
  REQUIRE(bench.missed.empty());
  Plan after = short_plan(kit::starting("0 3 * * *"));
  after.overlap = Overlap::buffer_one;
  bench.load({after});
  REQUIRE(bench.missed.size() == 1);
  keep_for(bench, hours{1}, short_life);
  CHECK(bench.rows.size() == sessions);
}
