#include "catch.h"
#include "core/bench.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::bench;
using std::chrono::minutes;

namespace {

Remote notte(const Bench& bench, const std::string& id) {
  Remote remote = bench.remote(id);
  remote.idle_timeout = minutes{3};
  remote.maximum = minutes{20};
  return remote;
}

// Answers every heartbeat and read as a healthy provider does, for as long as `by`.
void live(Bench& bench, const std::string& id, Wall created, Millis by) {
  const Mono end = bench.now.mono + by;
  while (bench.now.mono < end) {
    bench.advance(Seconds{10});
    for (const Effect& effect : std::vector<Effect>(bench.sent)) {
      if (effect.kind != EffectKind::keep_alive && effect.kind != EffectKind::observe) continue;
      bench.pop(effect.kind);
      Remote remote = notte(bench, id);
      remote.created_at = created;
      if (effect.kind == EffectKind::observe) remote.last_activity_at.reset();
      bench.answer(effect, std::vector{remote});
    }
  }
}

Delivered delivery(const std::string& type, Progress progress, const std::string& remote,
                   bool failed = false) {
  Delivered event;
  event.row.provider = ProviderName{"videosdk"};
  event.row.type = type;
  event.row.key = type + "|" + remote;
  event.row.progress = progress;
  event.row.failed = failed;
  event.row.remote_id = RemoteId{remote};
  event.row.body = "{}";
  event.waiter = 1;
  return event;
}

}  // namespace

TEST_CASE("the first heartbeat leaves at a third of the idle timeout") {
  Bench bench({kept_plan(minutes{20})});
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
  bench.config.providers.at(ProviderName{"notte"}).poll_interval = minutes{5};
  bench.load({kept_plan(minutes{20})});
  bench.sent.clear();
  const Mono started = bench.now.mono;
  while (bench.sent.empty()) bench.advance(Seconds{1});
  // The read that follows the reload, or the heartbeat itself.
  CHECK(bench.now.mono - started <= minutes{1});
}

TEST_CASE("a read that hangs does not use up the time of its session's next heartbeat") {
  Bench bench({kept_plan(minutes{20})});
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
  const Mono started = bench.now.mono;
  while (bench.waiting() != "observe") bench.advance(Seconds{1});
  const Effect read = bench.pop(EffectKind::observe);
  REQUIRE(read.answer_by);
  CHECK(*read.answer_by > started + minutes{1});
  CHECK(*read.answer_by <= started + minutes{2});
  CHECK(read.needed_by == *read.answer_by);
  bench.advance(*read.answer_by - bench.now.mono);
  bench.answer(read, Error{ErrorKind::not_applied, "no answer"});
  REQUIRE(bench.waiting().empty());
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  const Effect beat = bench.pop(EffectKind::keep_alive);
  CHECK(bench.now.mono <= started + minutes{2});
  REQUIRE(beat.answer_by);
  CHECK(*beat.answer_by - bench.now.mono < minutes{1});
}

TEST_CASE("a heartbeat that did not move the idle clock is repeated within what is left") {
  Bench bench({kept_plan(minutes{20})});
  const Remote born = notte(bench, "r1");
  bench.answer(bench.pop(EffectKind::start), std::vector{born});
  int beats = 0;
  std::string told;
  const Mono started = bench.now.mono;
  while (bench.now.mono - started < minutes{3}) {
    bench.advance(Seconds{1});
    while (!bench.sent.empty() && bench.sent.front().kind != EffectKind::stop) {
      const Effect effect = bench.pop(bench.sent.front().kind);
      if (effect.kind == EffectKind::keep_alive) ++beats;
      bench.answer(effect, std::vector{born});
      if (told.empty()) told = bench.row().last_error;
    }
  }
  CHECK(beats >= 3);
  CHECK(told == "2 heartbeats in a row did not move the idle clock");
}

TEST_CASE("a heartbeat that the provider puts off is tried once more before the session dies") {
  const Millis asked = GENERATE(Millis{Seconds{20}}, Millis{minutes{50}});
  Bench bench({kept_plan(minutes{20})});
  const Remote born = notte(bench, "r1");
  bench.answer(bench.pop(EffectKind::start), std::vector{born});
  const Mono dies = bench.now.mono + minutes{3};
  while (bench.waiting() != "keep_alive") {
    bench.advance(Seconds{1});
    if (bench.waiting() == "observe") bench.answer(bench.pop(EffectKind::observe), std::vector{born});
  }
  const Mono refused = bench.now.mono;
  bench.answer(bench.pop(EffectKind::keep_alive), Error{ErrorKind::exhausted, "429", asked});
  while (bench.waiting().empty()) bench.advance(Seconds{1});
  CHECK(bench.waiting() == "keep_alive");
  CHECK(bench.now.mono - refused >= std::min(asked, Millis{Seconds{30}}));
  CHECK(bench.now.mono < dies - Seconds{30});
}

TEST_CASE(
    "polling at Sonoran takes at most half of what there is for reads, however many servers there are") {
  std::vector<Plan> plans;
  for (int i = 0; i < 20; ++i) {
    plans.push_back(always_plan("s" + std::to_string(i), "sonoran_cms"));
    plans.back().place = std::to_string(i);
  }
  Bench bench(plans);
  int reads = 0;
  const auto serve = [&](Millis time) {
    const Mono end = bench.now.mono + time;
    while (bench.now.mono < end) {
      bench.advance(Seconds{1});
      while (!bench.sent.empty()) {
        const Effect effect = bench.pop(bench.sent.front().kind);
        if (effect.kind == EffectKind::observe) ++reads;
        bench.answer(effect, std::vector{bench.remote("of " + effect.session.str())});
      }
    }
  };
  serve(minutes{5});
  reads = 0;
  serve(minutes{10});
  CHECK(reads <= 10 * 14);
  CHECK(reads >= 10 * 10);
}

TEST_CASE(
    "a session is rolled over before its maximum: first the successor is active, then the old one is "
    "stopped") {
  Bench bench({kept_plan(minutes{20})});
  const Wall created = bench.now.wall;
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
  live(bench, "r1", created, minutes{15});
  CHECK(bench.moves.size() == 2);
  live(bench, "r1", created, minutes{3});
  REQUIRE(bench.moves.back() == "queued rollover");
  const Effect start = bench.pop(EffectKind::start);
  CHECK(bench.sent.empty());
  bench.answer(start, std::vector{notte(bench, "r2")});
  CHECK(bench.moves.back() == "active start_confirmed");
  const Effect stop = bench.pop(EffectKind::stop);
  CHECK(stop.remote == RemoteId{"r1"});
  bench.answer(stop, std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.moves.back() == "closed superseded");
}

TEST_CASE(
    "a session whose window is followed by another at once is rolled over, and one in the last window is "
    "not") {
  Plan plan = kept_plan(minutes{20});
  Schedule::Spec spec;
  spec.start = std::get<Cron>(Cron::parse("*/20 * * * *"));
  spec.duration = minutes{20};
  spec.plan = plan.name;
  for (const bool last : {false, true}) {
    if (last) spec.not_after = Bench::monday.wall + minutes{20};
    plan.schedule = Schedule::make(spec).value();
    Bench bench({plan});
    const Wall created = bench.now.wall;
    bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
    live(bench, "r1", created, minutes{19});
    CHECK((bench.moves.back() == "queued rollover") == !last);
  }
}

TEST_CASE("a rollover whose successor fails leaves the old one running and tries again") {
  Bench bench({kept_plan(minutes{20})});
  const Wall created = bench.now.wall;
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
  live(bench, "r1", created, minutes{18});
  bench.answer(bench.pop(EffectKind::start), Error{ErrorKind::denied, "no"});
  CHECK(bench.moves.back() == "error start_refused");
  live(bench, "r1", created, Seconds{10});
  CHECK(bench.moves.back() == "queued rollover");
  CHECK(bench.sent.front().kind == EffectKind::start);
}

TEST_CASE("where a provider holds one session per place, a rollover breaks first") {
  Plan plan = always_plan("patrol", "sonoran_cms");
  plan.place = "server/1";
  plan.max_duration = minutes{10};
  plan.keep_alive.rollover = Rollover::by_provider;
  Bench bench({plan});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  const Wall created = bench.now.wall;
  while (std::none_of(bench.sent.begin(), bench.sent.end(),
                      [](const Effect& e) { return e.kind == EffectKind::stop; })) {
    bench.advance(Seconds{5});
    REQUIRE(bench.now.wall - created < minutes{10});
    for (auto sent = bench.sent; const Effect& effect : sent) {
      if (effect.kind != EffectKind::observe) continue;
      Remote remote = bench.remote("r1");
      remote.created_at = created;
      bench.answer(bench.pop(EffectKind::observe), std::vector{remote});
    }
  }
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(std::count(bench.moves.begin(), bench.moves.end(), "closed superseded") == 1);
  CHECK(bench.moves.back() == "queued restarted");
  CHECK(bench.waiting() == "start");
}

TEST_CASE("a window's session is stopped when the window ends, whatever happened before") {
  Plan plan = always_plan("desk", "videosdk");
  Schedule::Spec spec;
  spec.start = std::get<Cron>(Cron::parse("0 9 * * *"));
  spec.stop = std::get<Cron>(Cron::parse("0 18 * * *"));
  plan.schedule = Schedule::make(spec).value();
  Bench bench({plan});
  CHECK(bench.moves.empty());
  bench.advance(std::chrono::hours{9});
  CHECK(bench.moves == std::vector<std::string>{"queued scheduled"});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  const Mono end = bench.now.mono + std::chrono::hours{9};
  while (bench.now.mono < end) {
    bench.advance(minutes{1});
    while (!bench.sent.empty() && bench.sent.front().kind == EffectKind::observe) {
      bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1")});
    }
  }
  CHECK(bench.waiting() == "stop");
  bench.answer(bench.pop(EffectKind::stop), std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.moves.back() == "closed stopped_by_plan");
  bench.advance(std::chrono::hours{1});
  CHECK(bench.sent.empty());
}

TEST_CASE("a session never ends before its begin, also where the clock was set back while it lived") {
  Bench bench({always_plan("agent", "videosdk")});
  bench.tick();
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  const Wall active = bench.row().active_at.value();
  bench.now.wall -= std::chrono::hours{1};
  Delivered end = delivery("ai-deployment-session-stopped", Progress::ended, "r1");
  end.session = bench.row().id;
  bench.take(end);
  REQUIRE(is_terminal(bench.row().state));
  CHECK(bench.row().ended_at == active);
}

TEST_CASE("a delivery that precedes the start's answer is held, then applied") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.take(delivery("started", Progress::started, "r1"));
  CHECK(bench.acks.back() == Ack::held);
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1", Progress::asked)});
  CHECK(bench.moves.back() == "active webhook_started");
  CHECK(bench.deliveries.back().disposition == Disposition::applied);
  CHECK(bench.deliveries.back().session == bench.row().id);
}

TEST_CASE("every order of a session's deliveries ends in the same state") {
  struct One {
    std::string type;
    Progress progress;
  };
  std::vector<One> order{{"a-starting", Progress::starting},
                         {"b-started", Progress::started},
                         {"c-stopping", Progress::stopping},
                         {"d-end", Progress::ended}};
  const bool failed = GENERATE(false, true);
  int orders = 0;
  do {
    Bench bench({always_plan("desk", "videosdk")});
    bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1", Progress::asked)});
    const SessionId id = bench.row().id;
    for (const One& one : order) {
      Delivered event = delivery(one.type, one.progress, "r1", failed && one.progress == Progress::ended);
      event.session = id;
      bench.take(event);
      CHECK(bench.acks.back() == Ack::recorded);
    }
    const auto row =
        std::find_if(bench.rows.begin(), bench.rows.end(), [&](const SessionRow& r) { return r.id == id; });
    CHECK(row->state == (failed ? State::error : State::closed));
    CHECK(bench.deliveries.size() == 4);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end(),
                                 [](const One& a, const One& b) { return a.type < b.type; }));
  CHECK(orders == 24);
}

TEST_CASE("an end that only a delivery told is confirmed by a read, and what still lives is stopped") {
  Bench bench({always_plan("desk", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  Delivered event = delivery("stopped", Progress::ended, "r1");
  event.session = bench.row().id;
  bench.take(event);
  CHECK(bench.moves.back() == "closed ended_by_provider");
  bench.answer(bench.pop(EffectKind::observe), std::vector{bench.remote("r1")});
  const Effect stop = bench.pop(EffectKind::stop);
  CHECK(stop.remote == RemoteId{"r1"});
  // Nothing is started beside a remote that may live.
  CHECK(bench.sent.empty());
  bench.answer(stop, std::vector{bench.ended("r1", State::closed)});
  bench.advance(Seconds{5});
  CHECK(bench.moves.back() == "queued restarted");
}

TEST_CASE("a repeated delivery writes nothing") {
  Bench bench({always_plan("desk", "videosdk")});
  Delivered event = delivery("started", Progress::started, "r9");
  event.seen = true;
  bench.take(event);
  CHECK(bench.acks.back() == Ack::duplicate);
  CHECK(bench.deliveries.empty());
}

TEST_CASE("a plan that is gone has its session stopped; one that is unchanged notices nothing") {
  Bench bench({always_plan("desk", "videosdk"), always_plan("other", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r2")});
  bench.load({always_plan("other", "videosdk")});
  const Effect stop = bench.pop(EffectKind::stop);
  CHECK(stop.plan == PlanName{"desk"});
  CHECK(bench.waiting() == "");
}

TEST_CASE("changed parameters roll the session over") {
  Bench bench({kept_plan(minutes{20})});
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
  Plan changed = kept_plan(minutes{20});
  changed.fingerprint = "v2";
  bench.load({changed});
  CHECK(bench.moves.back() == "queued rollover");
  CHECK(bench.row().fingerprint == "v2");
}

TEST_CASE("a reload that changes a session and takes its window or its place away starts no successor") {
  Plan plan = kept_plan(minutes{20});
  plan.count = 2;
  Bench bench({plan});
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r1")});
  bench.answer(bench.pop(EffectKind::start), std::vector{notte(bench, "r2")});
  const auto moves_before = bench.moves.size();
  plan.fingerprint = "v2";
  SECTION("its window") {
    plan.schedule = kit::made(kit::between("0 9 * * *", "0 17 * * *"));
    bench.load({plan});
    CHECK(bench.waiting() == "stop stop");
    CHECK(bench.moves.size() == moves_before);
  }
  SECTION("its place") {
    plan.count = 1;
    bench.load({plan});
    CHECK(std::count(bench.moves.begin(), bench.moves.end(), "queued rollover") == 1);
    CHECK(bench.rows.size() == 3);
  }
}

TEST_CASE("at shutdown nothing is stopped or waited for where another process goes on with the sessions") {
  Plan stops = always_plan("desk", "videosdk");
  stops.on_shutdown = OnShutdown::stop;
  Bench bench({stops});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.take(ShutdownAsked{true});
  CHECK(bench.keeper().ready_to_leave());
  CHECK(bench.waiting().empty());
}

TEST_CASE("at shutdown a plan's sessions are left, or stopped where it says so") {
  Plan stops = always_plan("desk", "videosdk");
  stops.on_shutdown = OnShutdown::stop;
  Bench bench({stops, always_plan("other", "videosdk")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r1")});
  bench.answer(bench.pop(EffectKind::start), std::vector{bench.remote("r2")});
  bench.take(ShutdownAsked{});
  CHECK_FALSE(bench.keeper().ready_to_leave());
  const Effect stop = bench.pop(EffectKind::stop);
  CHECK(stop.plan == PlanName{"desk"});
  bench.answer(stop, std::vector{bench.ended("r1", State::closed)});
  CHECK(bench.moves.back() == "closed stopped_at_shutdown");
  CHECK(bench.keeper().ready_to_leave());
  CHECK(bench.waiting().empty());
}
