#include "core/bench.h"
#include "schedule/schedule_kit.h"

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

TEST_CASE("the next stop is that of what lives, and of a paused plan the one after its next start") {
  const auto stop_of = [](const Bench& bench) {
    return bench.keeper().view(bench.now).plans.at(0).next_stop;
  };
  Plan plan = always_plan("one", "videosdk");
  Schedule::Spec spec;
  spec.start = std::get<Cron>(Cron::parse("0 3 * * *"));
  spec.duration = std::chrono::hours{2};
  plan.schedule = *Schedule::make(spec);
  Bench bench({plan});
  bench.tick();
  const Wall first = bench.keeper().view(bench.now).plans.at(0).standing.next_start.value();
  CHECK(stop_of(bench) == first + std::chrono::hours{2});
  const Wall start = first + std::chrono::hours{24};
  bench.advance(start - bench.now.wall - std::chrono::hours{9});
  bench.take(plan_order(Order::start, "one"));
  CHECK(stop_of(bench) == bench.now.wall + std::chrono::hours{2});
  bench.advance(std::chrono::hours{8});
  bench.take(plan_order(Order::start, "one"));
  CHECK(stop_of(bench) == start + std::chrono::hours{2});
  bench.take(plan_order(Order::stop_plan, "one"));
  CHECK_FALSE(stop_of(bench));
  OperatorAsked pause = plan_order(Order::pause, "one");
  pause.until = start + std::chrono::hours{30};
  bench.take(pause);
  CHECK(stop_of(bench) == start + std::chrono::hours{50});
}

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

TEST_CASE("a stop during a pause keeps the end of the pause") {
  Bench bench({always_plan("p", "videosdk")});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  OperatorAsked asked = plan_order(Order::pause, "p");
  asked.until = bench.now.wall + minutes{10};
  asked.reason = "works";
  bench.take(asked);
  bench.take(plan_order(Order::stop_plan, "p"));
  const auto& pause = bench.keeper().world().plans.at(PlanName{"p"}).row.pause;
  REQUIRE(pause);
  CHECK(pause->until == asked.until);
  CHECK(pause->reason == "works");
  CHECK(bench.waiting() == "stop");
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

TEST_CASE("what stop ended resume begins again, in a window that lasts and of a plan that is always alive") {
  Plan plan = always_plan("p", "videosdk");
  plan.count = 2;
  const bool always = GENERATE(true, false);
  if (!always) plan.schedule = kit::made(kit::between("0 0 * * *", "0 18 * * *"));
  Bench bench({plan});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("two")});
  bench.advance(Seconds{5});
  bench.take(plan_order(Order::stop_plan, "p"));
  const bool ended = GENERATE(true, false);
  if (ended) {
    confirm_stop(bench);
    confirm_stop(bench);
    bench.advance(minutes{30});
  }
  bench.take(plan_order(Order::resume, "p"));
  bench.tick();
  CHECK(bench.pop(EffectKind::start).plan.str() == "p");
  CHECK(bench.pop(EffectKind::start).plan.str() == "p");
  CHECK(bench.moves.back() == "queued started_by_operator");
}

TEST_CASE("resume begins nothing outside of a window, and nothing for a single occurrence that was stopped") {
  Plan plan = always_plan("p", "videosdk");
  const bool single = GENERATE(true, false);
  plan.schedule =
      single ? kit::made(kit::starting("0 0 * * *")) : kit::made(kit::between("0 0 * * *", "0 1 * * *"));
  Bench bench({plan});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  bench.take(plan_order(Order::stop_plan, "p"));
  confirm_stop(bench);
  bench.advance(minutes{90});
  bench.take(plan_order(Order::resume, "p"));
  bench.advance(minutes{30});
  CHECK(bench.waiting().empty());
}

TEST_CASE("a start that is refused changes nothing") {
  Plan plan = always_plan("p", "videosdk");
  plan.schedule = kit::made(kit::starting("0 0 * * *"));
  Bench bench({plan});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  OperatorAsked order = plan_order(Order::start, "p");
  const Decision decision = bench.keeper().decide(order, bench.now);
  CHECK(decision.acks.front().ack == Ack::refused);
  CHECK(decision.effects.empty());
  CHECK(decision.batch.empty());
  CHECK(decision.providers.empty());
}

TEST_CASE("the reason and the cause of a window's session say who or what began it") {
  Plan plan = always_plan("p", "videosdk");
  plan.schedule = kit::made(kit::lasting("0 5 * * *", std::chrono::hours{1}));
  plan.keep_alive.rollover = Rollover::break_before_make;
  Bench bench({plan});
  OperatorAsked order = plan_order(Order::start, "p");
  const Decision begun = bench.keeper().decide(order, bench.now);
  REQUIRE(begun.batch.transitions.size() == 1);
  CHECK(begun.batch.transitions.front().cause == Cause::operator_);
  CHECK(begun.batch.transitions.front().reason == Reason::started_by_operator);
  bench.take(order);
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("one")});
  plan.fingerprint = "v2";
  bench.load({plan});
  const bool restarts = GENERATE(false, true);
  if (restarts) {
    Ledger ledger = bench.ledger();
    ledger.plans.push_back(bench.keeper().world().plans.at(plan.name).row);
    Bench next({plan}, ledger, {}, bench.now);
    next.tick();
    const Effect stop = next.pop(EffectKind::stop);
    const Answer gone = next.answer_to(stop, std::vector{next.ended("one", State::closed)});
    const Decision restarted = next.keeper().decide(gone, next.now);
    REQUIRE(restarted.batch.transitions.size() == 2);
    CHECK(restarted.batch.transitions.back().cause == Cause::reload);
  } else {
    bench.tick();
    const Effect stop = bench.pop(EffectKind::stop);
    const Answer gone = bench.answer_to(stop, std::vector{bench.ended("one", State::closed)});
    const Decision restarted = bench.keeper().decide(gone, bench.now);
    REQUIRE(restarted.batch.transitions.size() == 2);
    CHECK(restarted.batch.transitions.back().cause == Cause::reload);
  }
}
