#include "core/bench.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::minutes;

OperatorAsked plan_order(Order order, const std::string& plan) {
  OperatorAsked asked;
  asked.order = order;
  asked.plan = PlanName{plan};
  asked.waiter = 1;
  return asked;
}

OperatorAsked stop_order(const SessionId& session) {
  OperatorAsked asked;
  asked.order = Order::stop_session;
  asked.session = session;
  asked.waiter = 1;
  return asked;
}

void confirm_stop(Bench& bench) {
  const Effect stop = bench.pop(EffectKind::stop);
  Remote gone = bench.remote(stop.remote.str(), Progress::ended);
  gone.state = State::closed;
  bench.answer(stop, std::vector{gone});
}

}  // namespace

TEST_CASE("a session that an operator stopped is not replaced until its plan is started") {
  Bench bench({always_plan("p", "videosdk")});
  bench.tick();
  const Effect start = bench.pop(EffectKind::start);
  bench.answer(start, std::vector{bench.remote("one")});
  bench.take(stop_order(start.session));
  CHECK(bench.acks.back() == Ack::accepted);
  confirm_stop(bench);
  CHECK(bench.moves.back() == "closed stopped_by_operator");
  bench.advance(minutes{30});
  CHECK(bench.waiting().empty());
  bench.take(plan_order(Order::start, "p"));
  bench.tick();
  CHECK(bench.pop(EffectKind::start).plan.str() == "p");
}

TEST_CASE("stopping a plan pauses it and ends its sessions, resume brings it back") {
  Bench bench({always_plan("p", "videosdk"), always_plan("other", "videosdk")});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("two")});
  bench.take(plan_order(Order::stop_plan, "p"));
  CHECK(bench.waiting() == "stop");
  confirm_stop(bench);
  bench.advance(minutes{30});
  CHECK(bench.waiting().find("start") == std::string::npos);
  CHECK(bench.keeper().world().plans.at(PlanName{"p"}).row.pause.has_value());
  bench.take(plan_order(Order::start, "p"));
  bench.tick();
  CHECK(bench.waiting().find("start") != std::string::npos);
  CHECK_FALSE(bench.keeper().world().plans.at(PlanName{"p"}).row.pause.has_value());
}

TEST_CASE("a cancel reaches the provider as one") {
  Plan plan = always_plan("p", "sonoran_cms");
  plan.place = "server/1";
  Bench bench({plan});
  bench.tick();
  const Effect start = bench.pop(EffectKind::start);
  bench.answer(start, std::vector{bench.remote("one")});
  OperatorAsked asked = stop_order(start.session);
  asked.cancel = true;
  bench.take(asked);
  CHECK(bench.pop(EffectKind::stop).cancel);
}

TEST_CASE("what is not known is said so") {
  Bench bench({always_plan("p", "videosdk")});
  bench.take(plan_order(Order::pause, "nobody"));
  CHECK(bench.acks.back() == Ack::unknown);
  bench.take(stop_order(SessionId{"nothing"}));
  CHECK(bench.acks.back() == Ack::unknown);
}

TEST_CASE("a paused plan begins nothing until its time, and what lives goes on") {
  Bench bench({always_plan("p", "videosdk")});
  bench.tick();
  const Effect start = bench.pop(EffectKind::start);
  bench.answer(start, std::vector{bench.remote("one")});
  OperatorAsked pause = plan_order(Order::pause, "p");
  pause.until = bench.now.wall + minutes{20};
  bench.take(pause);
  CHECK(bench.waiting().empty());
  Remote gone = bench.remote("one", Progress::ended);
  gone.state = State::error;
  bench.advance(minutes{2});
  bench.answer(bench.pop(EffectKind::observe), std::vector{gone});
  bench.advance(minutes{10});
  CHECK(bench.waiting().empty());
  bench.advance(minutes{9});
  CHECK(bench.pop(EffectKind::start).plan.str() == "p");
}

TEST_CASE("a used-up allowance holds every start for an hour, unless somebody starts the plan by hand") {
  Bench bench({always_plan("p", "videosdk")});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::exhausted, "402", std::chrono::hours{1}});
  bench.advance(minutes{30});
  CHECK(bench.waiting().empty());
  bench.take(plan_order(Order::start, "p"));
  bench.advance(Seconds{5});
  CHECK(bench.waiting() == "start");
}
