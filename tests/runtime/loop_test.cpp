#include "catch.h"
#include "runtime/loop_world.h"
#include "runtime/rowless.h"

namespace keeper {
namespace {

TEST_CASE("a start leaves only after its row is in the file") {
  LoopWorld world;
  world.load(one_plan());
  REQUIRE(world.order == std::vector<std::string>{"start"});
  CHECK(world.rows_before_effects);
  const auto row = world.stored(world.effects.front().session);
  REQUIRE((row.ok() && row->has_value()));
  CHECK((*row)->state == State::queued);
  CHECK((*row)->start_sent_at.has_value());
}

TEST_CASE("a delivery is acknowledged after its transaction, and the second one as a duplicate") {
  LoopWorld world;
  const SessionId session = world.activate();
  std::vector<std::optional<Ack>> acks;
  std::size_t stored_at_ack = 0;
  const auto receipt = [&](std::optional<Ack> ack) {
    acks.push_back(ack);
    DeliveryQuery query;
    query.session = session;
    const auto page = world.history->deliveries(query);
    if (page) stored_at_ack = page->rows.size();
  };
  REQUIRE(world.inbox.offer(world.delivery("r1", Progress::stopping), receipt));
  REQUIRE(world.inbox.offer(world.delivery("r1", Progress::stopping), receipt));
  world.turn();
  REQUIRE(acks.size() == 2);
  CHECK(acks[0] == Ack::recorded);
  CHECK(acks[1] == Ack::duplicate);
  CHECK(stored_at_ack == 1);
  REQUIRE(world.inbox.offer(world.delivery("r1", Progress::stopping), receipt));
  world.turn();
  REQUIRE(acks.size() == 3);
  CHECK(acks[2] == Ack::duplicate);
}

TEST_CASE("a delivery for a session that ended long ago is recorded as late") {
  LoopWorld world;
  const SessionId session = world.activate();
  auto without_plans = std::make_shared<Config>();
  without_plans->providers = one_plan()->providers;
  world.load(without_plans);
  Remote ended = world.active_remote("r1");
  ended.progress = Progress::ended;
  ended.state = State::closed;
  ended.ended_at = world.clock.now().wall;
  world.answer(world.take(EffectKind::stop), ended);
  world.turn();
  REQUIRE_FALSE(world.loop->keeper().world().sessions.contains(session));
  std::optional<Ack> ack;
  REQUIRE(
      world.inbox.offer(world.delivery("r1", Progress::ended), [&](std::optional<Ack> told) { ack = told; }));
  world.turn();
  CHECK(ack == Ack::recorded);
  DeliveryQuery query;
  query.session = session;
  const auto page = world.history->deliveries(query);
  REQUIRE((page.ok() && page->rows.size() == 1));
  CHECK(page->rows.front().disposition == Disposition::late);
}

// "in one round": the row is not in the store yet when the answer comes; "in one after the other": it is, and
// "after a restart" it is there alone.
TEST_CASE("a delivery that comes before the start's answer is matched with it") {
  const std::string when = GENERATE("in one round", "in one after the other", "after a restart");
  CAPTURE(when);
  LoopWorld world;
  world.load(one_plan());
  std::optional<Ack> ack;
  REQUIRE(
      world.inbox.offer(world.delivery("r1", Progress::ended), [&](std::optional<Ack> told) { ack = told; }));
  if (when != "in one round") {
    world.turn();
    CHECK(ack == Ack::held);
  }
  if (when == "after a restart") {
    world.effects.clear();
    world.boot();
    world.load(one_plan());
    const Effect find = world.take(EffectKind::find);
    Remote found = world.active_remote("r1");
    found.tag = find.session;
    world.answer(find, found);
  } else {
    world.answer(world.take(EffectKind::start), world.active_remote("r1"));
  }
  world.turn();
  CHECK(ack == Ack::held);
  const auto page = world.history->deliveries({});
  REQUIRE((page.ok() && page->rows.size() == 1));
  const DeliveryRow& row = page->rows.front();
  CHECK(row.disposition == Disposition::applied);
  REQUIRE(row.session);
  CHECK((*world.stored(*row.session))->state == State::closed);
  CHECK_FALSE((*world.history->delivery(row.id))->body.empty());
  CHECK(world.loop->keeper().world().held.empty());
  CHECK(difference(world.loop->keeper().world(), *world.store->load()).empty());
}

TEST_CASE("a delivery in the store that the keeper does not know of is a difference") {
  LoopWorld world;
  world.activate();
  Batch batch;
  batch.deliveries = {world.delivery("r9").row};
  batch.deliveries.front().disposition = Disposition::ignored;
  REQUIRE(world.store->commit(batch).ok());
  CHECK(difference(world.loop->keeper().world(), *world.store->load()) == "the store has newer deliveries");
}

TEST_CASE("transitions are told in the order of their commit") {
  LoopWorld world;
  world.activate();
  REQUIRE(world.transitions.size() == 2);
  CHECK_FALSE(world.transitions[0].from.has_value());
  CHECK(world.transitions[1].to == State::active);
  CHECK(world.loop->published().last_seq == 2);
}

TEST_CASE("the loop wakes for a heartbeat and sends it") {
  LoopWorld world;
  world.activate();
  world.effects.clear();
  world.loop->set_pulse(std::chrono::hours{1});
  for (int i = 0; i < 20 && world.effects.empty(); ++i) {
    world.clock.pass(std::max(world.loop->next_turn() - world.clock.now().mono, Millis{1}));
    world.turn();
  }
  CHECK(world.take(EffectKind::keep_alive).remote == RemoteId("r1"));
}

TEST_CASE("the view is published at most every tenth of a second, and the last change is not forgotten") {
  LoopWorld world;
  world.load(one_plan());
  const ViewPtr first = world.loop->published().view;
  REQUIRE(first != nullptr);
  world.answer(world.take(EffectKind::start), world.active_remote("r1"));
  world.turn();
  CHECK(world.loop->published().view == first);
  const Mono next = world.loop->next_turn();
  REQUIRE(next > world.clock.now().mono);
  CHECK(next - world.clock.now().mono <= Seconds{1});
  world.clock.pass(next - world.clock.now().mono);
  world.turn();
  REQUIRE(world.loop->published().view != first);
  CHECK(world.loop->published().view->sessions.front().row.state == State::active);
}

TEST_CASE("a restart recovers what the store holds, and nothing is started twice") {
  LoopWorld world;
  const SessionId session = world.activate();
  world.effects.clear();
  world.boot();
  CHECK(difference(world.loop->keeper().world(), *world.store->load()).empty());
  world.load(one_plan());
  REQUIRE(world.effects.size() == 1);
  CHECK(world.effects.front().kind == EffectKind::observe);
  CHECK(world.effects.front().session == session);
}

TEST_CASE(
    "ended sessions go by age, and above the store's size the oldest go, but none that a budget may count") {
  LoopWorld world;
  world.boot();
  Batch old;
  for (int n = 0; n < 60; ++n) {
    SessionRow row;
    row.id = SessionId("old" + std::to_string(n));
    row.plan = PlanName("gone");
    row.provider = ProviderName("agents");
    row.occurrence = row.created_at = world.clock.now().wall - std::chrono::hours{100 - n};
    row.parameters = std::string(80'000, 'x');
    TransitionRow made;
    made.session = row.id;
    made.plan = row.plan;
    made.provider = row.provider;
    made.at = row.created_at;
    TransitionRow ended = made;
    ended.from = State::queued;
    ended.to = row.state = State::closed;
    ended.at = row.ended_at.emplace(row.created_at + Seconds{60});
    row.resolved = true;
    old.sessions.push_back(row);
    old.transitions.insert(old.transitions.end(), {made, ended});
  }
  REQUIRE(world.store->commit(old).ok());
  const auto left = [&] { return world.history->sessions({.plan = PlanName("gone")})->rows.size(); };
  const auto maintain = [&](const Retention& retention) {
    world.loop->set_retention(retention);
    for (int i = 0; i < 5; ++i) {
      world.clock.pass(std::chrono::minutes{1});
      world.turn();
    }
  };
  const Millis long_ago = std::chrono::days{90};
  maintain({.age = long_ago});
  CHECK(left() == 60);
  maintain({.age = std::chrono::hours{91}});
  CHECK(left() == 50);
  // Some 4 MB are left; a budget may count what ended in the last 60 hours.
  maintain({.age = long_ago, .bytes_max = std::int64_t{1} << 20U, .kept_always = std::chrono::hours{60}});
  CHECK(left() == 19);
  maintain({.age = long_ago, .bytes_max = std::int64_t{1} << 20U});
  CHECK(left() == 1);  // its slot's newest
  CHECK(world.pruned == 59);
}

TEST_CASE("the loop says once that the daemon may leave, and goes on to take deliveries") {
  LoopWorld world;
  world.activate();
  CHECK(world.may_leave == 0);
  world.inbox.post(ShutdownAsked{});
  world.turn();
  CHECK(world.may_leave == 1);
  std::optional<Ack> told;
  REQUIRE(world.inbox.offer(world.delivery("r1", Progress::stopping),
                            [&](std::optional<Ack> ack) { told = ack; }));
  world.turn();
  CHECK(told == Ack::recorded);
  CHECK(world.may_leave == 1);
}

TEST_CASE("stop() ends a running loop") {
  LoopWorld world;
  world.load(one_plan());
  world.store->hand_over();
  std::thread runner([&] { world.loop->run(); });
  world.loop->stop();
  runner.join();
  world.store->hand_over();
  SUCCEED();
}

}  // namespace
}  // namespace keeper
