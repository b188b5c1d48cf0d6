// Occurrences: each begins at most once and is accounted for, whatever overlaps it and whatever the clock
// does.
#include <map>
#include <set>

#include "core/bench.h"
#include "core/occurrences.h"

using namespace keeper;
using namespace keeper::bench;

namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Every `every`, at the provider "videosdk".
Plan repeated(Millis every, Overlap overlap = Overlap::skip) {
  Plan plan = always_plan("p", "videosdk");
  Schedule::Spec spec;
  spec.every = every;
  spec.phase = Seconds{30};
  spec.plan = plan.name;
  plan.schedule = Schedule::make(spec).value();
  plan.overlap = overlap;
  plan.catch_up = minutes{10};
  return plan;
}

struct Occurrences {
  explicit Occurrences(Plan plan, Ledger ledger = {}) : bench({std::move(plan)}, std::move(ledger)) {
    bench.tick();
  }

  // Lets time pass; starts are answered, and each session ends by itself after `lives`.
  void pass(Millis time, Millis lives = Seconds{5}) {
    const Mono end = bench.now.mono + time;
    while (bench.now.mono < end) {
      bench.advance(Seconds{5});
      serve(lives);
    }
  }

  void serve(Millis lives) {
    while (!bench.sent.empty()) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      if (effect.kind == EffectKind::start) {
        begun[bench.now.mono] = effect.session;
        const std::string id = "r" + std::to_string(++starts);
        ends[id] = bench.now.mono + lives;
        bench.answer(effect, std::vector{bench.remote(id)});
      } else {
        const std::string id = effect.remote.str();
        const bool over = effect.kind == EffectKind::stop || ends[id] <= bench.now.mono;
        if (effect.kind == EffectKind::stop) ++stops;
        bench.answer(effect, std::vector{over ? bench.ended(id, State::closed) : bench.remote(id)});
      }
    }
  }

  // The wall clock is set; the boot clock goes on.
  void step(Millis by) {
    bench.now.wall += by;
    bench.tick();
    serve(Seconds{5});
  }

  int missed(Missed why) const {
    return static_cast<int>(std::count_if(bench.missed.begin(), bench.missed.end(),
                                          [&](const MissedRow& row) { return row.why == why; }));
  }

  Bench bench;
  std::map<Mono, SessionId> begun;
  std::map<std::string, Mono> ends;
  int starts = 0;
  int stops = 0;
};

}  // namespace

TEST_CASE("overlap skip: what comes while the last session lives is passed over, and recorded") {
  Occurrences world(repeated(minutes{10}));
  world.pass(minutes{60}, minutes{25});
  CHECK(world.begun.size() == 2);
  CHECK(world.missed(Missed::overlap) == 4);
}

TEST_CASE("overlap buffer_one: one waits for the end of the last session, no more") {
  Occurrences world(repeated(minutes{10}, Overlap::buffer_one));
  world.pass(minutes{10}, minutes{35});
  REQUIRE(world.begun.size() == 1);
  world.pass(minutes{24}, Seconds{5});
  CHECK(world.begun.size() == 1);
  CHECK(world.missed(Missed::overlap) == 2);
  world.pass(minutes{4}, Seconds{5});
  REQUIRE(world.begun.size() == 2);
  CHECK(world.begun.rbegin()->first - world.begun.begin()->first >= minutes{35});
  CHECK(world.bench.row().occurrence == world.bench.rows.front().occurrence + minutes{10});
}

TEST_CASE(
    "what waits for the end of the last session is passed over when the plan lets nothing wait any more") {
  Occurrences world(repeated(minutes{10}, Overlap::buffer_one));
  world.pass(minutes{15}, minutes{35});
  REQUIRE(world.begun.size() == 1);
  REQUIRE(world.missed(Missed::overlap) == 0);
  world.bench.load({repeated(minutes{10}, Overlap::skip)});
  CHECK(world.missed(Missed::overlap) == 1);
  world.pass(minutes{40}, Seconds{5});
  REQUIRE(world.begun.size() >= 2);
  for (const SessionRow& row : world.bench.rows)
    CHECK(row.occurrence != world.bench.missed.front().occurrence);
}

TEST_CASE("what waits for the last session's end waits no longer than catch_up after it could have begun") {
  Plan plan = repeated(hours{1}, Overlap::buffer_one);
  SECTION("through a pause") {
    Occurrences world(plan);
    world.pass(minutes{65}, minutes{90});
    REQUIRE(world.begun.size() == 1);
    OperatorAsked order;
    order.order = Order::pause;
    order.plan = plan.name;
    world.bench.take(order);
    const Millis lasts = GENERATE(Millis{minutes{29}}, Millis{minutes{45}}, Millis{hours{72}});
    world.pass(lasts, minutes{90});
    order.order = Order::resume;
    world.bench.take(order);
    world.pass(minutes{1}, Seconds{5});
    CHECK(world.begun.size() == (lasts < minutes{40} ? 2 : 1));
    CHECK(world.missed(Missed::too_late) == (lasts < minutes{40} ? 0 : 1));
  }
  SECTION("through a pause in which the last session lives on") {
    Occurrences world(plan);
    world.pass(minutes{65}, hours{74});
    const Wall waits = world.bench.keeper().world().plans.at(plan.name).row.buffered.value();
    OperatorAsked order;
    order.order = Order::pause;
    order.plan = plan.name;
    world.bench.take(order);
    world.pass(hours{72});
    order.order = Order::resume;
    world.bench.take(order);
    world.pass(hours{3});
    CHECK(world.begun.size() > 1);
    for (const SessionRow& row : world.bench.rows) CHECK(row.occurrence != waits);
  }
  SECTION("through a downtime") {
    Occurrences world(plan);
    world.pass(minutes{65}, hours{9000});
    Ledger ledger = world.bench.ledger();
    ledger.plans.push_back(world.bench.keeper().world().plans.at(plan.name).row);
    REQUIRE(ledger.plans.front().buffered);
    const auto [down, alive] = GENERATE(table<Millis, bool>({{minutes{30}, true},
                                                             {minutes{30}, false},
                                                             {Seconds{2}, false},
                                                             {hours{72}, true},
                                                             {hours{72}, false}}));
    const Now now{world.bench.now.wall + down, world.bench.now.mono + down};
    Bench next({plan}, ledger, {}, now);
    next.tick();
    const Effect read = next.pop(EffectKind::observe);
    const std::string id = read.remote.str();
    next.answer(read, std::vector{alive ? next.remote(id) : next.ended(id, State::closed)});
    if (alive) {
      next.advance(minutes{2});
      next.answer(next.pop(EffectKind::observe), std::vector{next.ended(id, State::closed)});
    }
    const bool in_time = down < minutes{10} || (alive && down < hours{1});
    const auto waited = [&](const auto& row) { return row.occurrence == ledger.plans.front().buffered; };
    CHECK(std::any_of(next.rows.begin(), next.rows.end(), waited) == in_time);
    CHECK(std::any_of(next.missed.begin(), next.missed.end(), waited) != in_time);
  }
}

TEST_CASE("overlap replace: the last session is ended first, then the new one begins") {
  Occurrences world(repeated(minutes{10}, Overlap::replace));
  world.pass(minutes{35}, hours{5});
  CHECK(world.begun.size() == 4);
  CHECK(world.stops == 3);
  CHECK(std::count(world.bench.moves.begin(), world.bench.moves.end(), "closed superseded") == 3);
  CHECK(world.bench.missed.empty());
}

TEST_CASE(
    "overlap replace: where a plan has several sessions, none begins the old occurrence again while another "
    "ends") {
  Plan plan = repeated(minutes{10}, Overlap::replace);
  plan.count = 2;
  Occurrences world(plan);
  world.pass(minutes{35}, hours{5});
  CHECK(world.starts == 8);
  CHECK(world.stops == 6);
  CHECK(world.bench.missed.empty());
  CHECK(world.bench.row().occurrence == world.bench.rows.front().occurrence + minutes{30});
}

TEST_CASE("overlap allow: occurrences live side by side, and each begins once") {
  Occurrences world(repeated(minutes{10}, Overlap::allow));
  world.pass(minutes{40}, hours{5});
  CHECK(world.begun.size() == 4);
  CHECK(world.bench.keeper().world().sessions.size() == 4);
  CHECK(world.bench.missed.empty());
}

TEST_CASE("what a pause or a downtime passed over is recorded, and only the latest within catch_up begins") {
  Ledger ledger;
  PlanRow row;
  row.name = PlanName{"p"};
  row.known_since = Bench({}).now.wall - hours{10};
  row.looked_until = Bench({}).now.wall - hours{3};
  row.handled = {{row.known_since, *row.looked_until}};
  ledger.plans.push_back(row);
  Plan plan = repeated(minutes{30});
  Occurrences world(plan, ledger);
  world.serve(Seconds{5});
  CHECK(world.begun.empty());
  CHECK(world.missed(Missed::too_late) == 6);
  OperatorAsked pause;
  pause.order = Order::pause;
  pause.plan = PlanName{"p"};
  world.bench.take(pause);
  world.pass(minutes{59});
  CHECK(world.begun.empty());
  CHECK(world.missed(Missed::paused) == 2);
}

TEST_CASE("steps of the wall clock neither repeat an occurrence nor lose one") {
  const Millis by = GENERATE(Millis{hours{2}}, Millis{hours{24 * 365 * 10}}, Millis{minutes{30}});
  Occurrences world(repeated(hours{1}));
  world.pass(minutes{90});
  REQUIRE(world.begun.size() == 2);
  world.step(by);
  world.pass(minutes{5});
  world.step(-by);
  const std::size_t before = world.begun.size();
  world.pass(hours{5});
  // Half an hour ahead the next one was begun already.
  CHECK(world.begun.size() == before + (by < hours{1} ? 4 : 5));
  std::set<SessionId> different;
  for (const auto& [at, id] : world.begun) different.insert(id);
  CHECK(different.size() == world.begun.size());
}

TEST_CASE("a clock that is set back and is right then begins nothing twice") {
  const Millis by = GENERATE(Millis{hours{2}}, Millis{hours{30}});
  Occurrences world(repeated(minutes{1}));
  world.pass(hours{31});
  const std::size_t before = world.begun.size();
  world.step(-by);
  world.pass(minutes{60});
  CHECK(world.begun.size() == before);
}

TEST_CASE("a clock that was years ahead at the first start does not hold the plan up") {
  Bench ahead({});
  Occurrences world(repeated(hours{1}));
  world.step(-hours{24 * 365});
  world.pass(hours{3});
  CHECK(world.begun.size() == 3);
}

TEST_CASE(
    "how late a start left counts from its time, jitter included, and only for an occurrence's first start") {
  Plan plan = repeated(minutes{10});
  Bench bench({plan});
  bench.advance(Seconds{29});
  bench.now.wall += Seconds{4};  // the machine slept over the time
  bench.now.mono += Seconds{4};
  bench.tick();
  const Effect start = bench.pop(EffectKind::start);
  Answer answer = bench.answer_to(start, std::vector{bench.remote("one")});
  bench.now.wall += Millis{700};
  bench.now.mono += Millis{700};
  CHECK(lateness_of(bench.keeper().world(), answer, bench.now) == Seconds{3});
  bench.take(answer);
  answer.kind = EffectKind::observe;
  CHECK_FALSE(lateness_of(bench.keeper().world(), answer, bench.now));
  Bench always({always_plan("p", "videosdk")});
  always.tick();
  const Effect other = always.pop(EffectKind::start);
  CHECK_FALSE(lateness_of(always.keeper().world(), always.answer_to(other, std::vector{always.remote("x")}),
                          always.now));
}
