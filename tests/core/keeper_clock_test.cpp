// Wall clocks that are wrong and are set right: nothing is judged by what they showed, and everything goes on
// when they are right.
#include <set>

#include "core/bench.h"
#include "core/successor.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Now clock_morning{Bench::monday.wall + hours{8} + minutes{51}, Mono{hours{100}}};

Plan clocked_plan(Schedule::Spec spec) {
  Plan plan = always_plan("p", "videosdk");
  spec.plan = plan.name;
  plan.schedule = kit::made(std::move(spec));
  return plan;
}

Plan dense_plan(Millis interval) {
  Schedule::Spec spec;
  spec.every = interval;
  return clocked_plan(spec);
}

Plan office_plan() { return clocked_plan(kit::between("0 9 * * *", "0 17 * * *")); }

// Answers all calls; each session lives as long as it is let, or for `lives`.
struct ClockedMachine {
  explicit ClockedMachine(const Plan& plan, Now now = clock_morning, Ledger ledger = {})
      : bench({plan}, std::move(ledger), {}, now) {
    bench.tick();
    serve();
  }

  void pass(Millis time) {
    const Mono end = bench.now.mono + time;
    while (bench.now.mono < end) {
      const Mono next = std::min(bench.keeper().next_wakeup(bench.now), end);
      bench.advance(std::max(next - bench.now.mono, Millis{1}));
      serve();
    }
  }

  void serve() {
    while (!bench.sent.empty()) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      const std::string id = effect.kind == EffectKind::start ? effect.session.str() : effect.remote.str();
      if (effect.kind == EffectKind::start) started[id] = bench.now.mono;
      const bool over = effect.kind == EffectKind::stop || bench.now.mono - started[id] >= lives;
      bench.answer(effect, std::vector{over ? bench.ended(id, State::closed) : bench.remote(id)});
    }
  }

  void set_clock(Wall to) {
    bench.now.wall = to;
    bench.tick();
    serve();
  }
  void shift_clock(Millis by) { set_clock(bench.now.wall + by); }

  std::size_t starts() const { return started.size(); }
  bool alive() const {
    return std::any_of(bench.rows.begin(), bench.rows.end(),
                       [](const SessionRow& row) { return row.state == State::active && !row.ending; });
  }

  Bench bench;
  Millis lives = days{9000};
  std::map<std::string, Mono> started;
};

}  // namespace

TEST_CASE("a dense plan goes on at once when a clock that was ahead is set right, and repeats nothing") {
  const Millis ahead = GENERATE(Millis{hours{3}}, Millis{days{3}}, Millis{days{3000}});
  ClockedMachine machine(dense_plan(Seconds{1}));
  machine.lives = Millis{1};
  machine.bench.config.plans.begin()->second.overlap = Overlap::allow;
  machine.bench.load({machine.bench.config.plans.begin()->second});
  machine.pass(minutes{1});
  machine.shift_clock(ahead);
  machine.pass(minutes{2});
  machine.shift_clock(-ahead);
  const std::size_t before = machine.starts();
  const bool restarts = GENERATE(false, true);
  if (restarts) {
    ClockedMachine next(dense_plan(Seconds{1}), machine.bench.now, successor_ledger(machine.bench));
    next.pass(minutes{1});
    CHECK(next.starts() >= 2);
  } else {
    machine.pass(minutes{1});
    CHECK(machine.starts() >= before + 2);
  }
}

TEST_CASE(
    "a window begins at its time after a clock that was ahead, and so does one that the clock gave away") {
  Plan plan = office_plan();
  plan.keep_alive.restart = Restart::on_failure;
  const bool restarts = GENERATE(false, true);
  ClockedMachine first(plan);
  first.pass(minutes{20});
  REQUIRE(first.starts() == 1);
  first.shift_clock(days{2});
  first.lives = hours{1};
  first.pass(hours{23});
  // The window of the 18th by the clock that is two days ahead.
  REQUIRE(first.starts() == 2);
  REQUIRE_FALSE(first.alive());
  first.set_clock(kit::utc("2026-11-17T09:30"));
  std::optional<ClockedMachine> second;
  if (restarts) {
    second.emplace(plan, first.bench.now, successor_ledger(first.bench));
    second->bench.rows = first.bench.rows;
  }
  ClockedMachine& machine = restarts ? *second : first;
  machine.lives = days{9000};
  machine.pass(minutes{1});
  CHECK(machine.alive());
  for (int day = 0; day < 4; ++day) {
    INFO(day);
    machine.pass(kit::utc("2026-11-17T17:30") + days{day} - machine.bench.now.wall);
    CHECK_FALSE(machine.alive());
    machine.pass(hours{16});
    CHECK(machine.alive());
  }
}

TEST_CASE("a clock that goes back over the begin of a window does not begin the window before once more") {
  Plan plan = clocked_plan(kit::between("0 9,13 * * *", "0 12,17 * * *"));
  plan.keep_alive.restart = Restart::on_failure;
  ClockedMachine machine(plan);
  machine.lives = hours{1};
  machine.pass(hours{6});
  REQUIRE(machine.starts() == 2);
  machine.shift_clock(-hours{3});
  machine.pass(hours{5});
  CHECK(machine.starts() == 2);
}

TEST_CASE("a machine that boots in 1970 begins and misses nothing before its clock is set") {
  Plan plan = clocked_plan(kit::starting("*/10 * * * *"));
  ClockedMachine machine(plan, {Wall{minutes{5}}, clock_morning.mono});
  machine.pass(minutes{30});
  CHECK(machine.starts() == 0);
  const bool restarts = GENERATE(false, true);
  if (restarts) {
    ClockedMachine next(plan, clock_morning, successor_ledger(machine.bench));
    CHECK(next.starts() == 0);
    CHECK(next.bench.missed.empty());
    CHECK(next.bench.notices.empty());
    next.pass(minutes{11});
    CHECK(next.starts() == 1);
  } else {
    machine.set_clock(clock_morning.wall + minutes{1});
    CHECK(machine.starts() == 0);
    machine.pass(minutes{10});
    CHECK(machine.starts() == 1);
    CHECK(machine.bench.missed.empty());
    CHECK(machine.bench.notices.empty());
  }
}

TEST_CASE(
    "a plan that was known before a boot in 1970 catches up by the right clock, and its sessions live on") {
  Plan plan = clocked_plan(kit::starting("0 9 * * *"));
  ClockedMachine before(plan);
  ClockedMachine machine(plan, {Wall{minutes{5}}, clock_morning.mono + minutes{14}},
                         successor_ledger(before.bench));
  machine.pass(minutes{1});
  CHECK(machine.starts() == 0);
  machine.set_clock(clock_morning.wall + minutes{15});
  CHECK(machine.starts() == 1);

  ClockedMachine window(office_plan());
  window.pass(hours{1});
  REQUIRE(window.alive());
  ClockedMachine rebooted(office_plan(), {Wall{minutes{5}}, Mono{minutes{1}}},
                          successor_ledger(window.bench));
  rebooted.bench.rows = window.bench.rows;
  for (const SessionRow& row : window.bench.rows)
    rebooted.started[row.remote_id->str()] = rebooted.bench.now.mono;
  rebooted.pass(minutes{5});
  CHECK(rebooted.alive());
  rebooted.set_clock(clock_morning.wall + hours{2});
  rebooted.pass(minutes{1});
  CHECK(rebooted.alive());
  CHECK(rebooted.starts() == 1);
}

TEST_CASE("a clock that is set forward by more than a week was wrong: what lies between is not judged") {
  ClockedMachine machine(clocked_plan(kit::starting("*/10 * * * *")),
                         {clock_morning.wall - days{400}, clock_morning.mono});
  machine.pass(minutes{5});
  machine.set_clock(clock_morning.wall + minutes{1});
  CHECK(machine.starts() == 0);
  CHECK(machine.bench.missed.empty());
  CHECK(machine.bench.notices.empty());
  machine.pass(minutes{10});
  CHECK(machine.starts() == 1);
}

TEST_CASE("a step of the clock is noticed although an answer comes before the next tick") {
  ClockedMachine machine(office_plan());
  machine.pass(hours{1});
  REQUIRE(machine.alive());
  machine.bench.advance(minutes{2});
  const Effect read = machine.bench.pop(EffectKind::observe);
  machine.bench.now.wall -= hours{2};
  machine.bench.answer(read, std::vector{machine.bench.remote(read.remote.str())});
  machine.serve();
  machine.pass(Seconds{10});
  CHECK_FALSE(machine.alive());
}

TEST_CASE("a start by hand outlives a leap of the clock") {
  ClockedMachine machine(office_plan(), {Wall{minutes{5}}, clock_morning.mono});
  OperatorAsked start;
  start.order = Order::start;
  start.plan = PlanName{"p"};
  machine.bench.take(start);
  machine.set_clock(clock_morning.wall - hours{3});
  machine.pass(minutes{5});
  CHECK(machine.alive());
}

TEST_CASE(
    "a window that a clock which was ahead opened once gets sessions of their own when its time comes") {
  const Plan plan = clocked_plan(kit::lasting("10 * * * *", minutes{35}));
  ClockedMachine machine(plan);
  machine.lives = minutes{1};
  machine.pass(minutes{20});
  REQUIRE(machine.starts() > 0);
  machine.shift_clock(GENERATE(-minutes{23}, -minutes{45}));
  machine.bench.load({clocked_plan(kit::starting("*/2 * * * *"))});
  machine.pass(minutes{10});
  machine.bench.load({plan});
  machine.pass(minutes{40});
  const auto& moves = machine.bench.moves;
  const auto begun = std::count_if(moves.begin(), moves.end(),
                                   [](const std::string& move) { return move.starts_with("queued"); });
  CHECK(static_cast<std::size_t>(begun) == machine.bench.rows.size());
}
