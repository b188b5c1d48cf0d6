// Windows that touch: the session of the one goes on in the next, and is replaced before its maximum.
#include "core/bench.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

Plan rolling_plan(Schedule::Spec spec) {
  Plan plan = always_plan("p", "videosdk");
  spec.plan = plan.name;
  plan.schedule = kit::made(std::move(spec));
  plan.max_duration = minutes{100};
  plan.keep_alive.rollover = Rollover::make_before_break;
  return plan;
}

Schedule::Spec interval_of(Millis interval, Millis lasting, Millis jitter = Millis{0}) {
  Schedule::Spec spec;
  spec.every = interval;
  spec.duration = lasting;
  spec.jitter = jitter;
  return spec;
}

long times_moved(const Bench& bench, const std::string& move) {
  return std::count(bench.moves.begin(), bench.moves.end(), move);
}

}  // namespace

TEST_CASE("in windows that touch a session is replaced before its maximum, and never dies of it") {
  const Schedule::Spec spec = GENERATE(values<Schedule::Spec>({
      kit::lasting("0 0 * * *", hours{24}),
      kit::between("0 0 * * *", "0 0 * * *"),
      kit::between("0 * * * *", "30,0 * * * *"),
      interval_of(hours{1}, hours{1}),
      interval_of(hours{1}, hours{3}),
      interval_of(minutes{1}, minutes{1}),
      interval_of(hours{1}, hours{3}, minutes{30}),
  }));
  Bench bench({rolling_plan(spec)});
  const bool gaps = spec.stop && spec.stop->text() == "30,0 * * * *";
  keep_for(bench, hours{20});
  CHECK(times_moved(bench, "timed_out max_duration") == 0);
  if (gaps) {
    CHECK(times_moved(bench, "queued rollover") == 0);
  } else {
    CHECK(times_moved(bench, "queued rollover") >= 10);
    CHECK(times_moved(bench, "queued scheduled") <= 1);
  }
}

TEST_CASE("a session that was started by hand is replaced before its maximum, as long as it is wanted") {
  Bench bench({rolling_plan(kit::lasting("0 20 * * fri", hours{6}))});
  OperatorAsked start;
  start.order = Order::start;
  start.plan = PlanName{"p"};
  bench.take(start);
  keep_for(bench, hours{7});
  CHECK(times_moved(bench, "timed_out max_duration") == 0);
  CHECK(times_moved(bench, "queued rollover") == 3);
  CHECK(bench.moves.back() == "closed stopped_by_plan");
}
