// The loop when the store works and refuses rows for what they hold.
#include <set>

#include "catch.h"
#include "runtime/loop_world.h"
#include "runtime/passed_on_store.h"

namespace keeper {
namespace {

bool is_poison(const std::string& text) { return text.find("poison") != std::string::npos; }

// Keeps no remote with "poison" in its id, and no such plan.
class PickyStore final : public PassedOnStore {
 public:
  using PassedOnStore::PassedOnStore;
  Result<std::int64_t> commit(const Batch& batch) override {
    bool refused = false;
    for (const PlanRow& row : batch.plans) refused = refused || is_poison(row.name.str());
    for (const DeliveryRow& row : batch.deliveries) refused = refused || is_poison(row.remote_id.str());
    for (const SessionRow& row : batch.sessions)
      refused = refused || (row.remote_id && is_poison(row.remote_id->str()));
    if (refused) return Error{ErrorKind::malformed, "a value is refused"};
    return PassedOnStore::commit(batch);
  }
};

struct PickyWorld : LoopWorld {
  PickyWorld() {
    access = std::make_unique<DirectStore>(picky);
    boot();
  }
  // Turns until the inbox is empty. Returns the turns that it took.
  int settle() {
    int turns = 0;
    for (; inbox.size() > 0; ++turns) {
      REQUIRE(turns < 100);
      turn();
      REQUIRE(loop->published().storage_error.empty());
    }
    return turns;
  }
  PickyStore picky{*store};
};

TEST_CASE("one delivery whose rows are refused keeps none of the others out for ever") {
  PickyWorld world;
  world.load(one_plan());
  std::set<int> missing;
  for (int n = 0; n < 20; ++n) missing.insert(n);
  // As a provider does: what was not acknowledged comes again.
  for (int again = 0; again < 12; ++again) {
    for (const int n : std::set<int>(missing)) {
      const std::string remote = n == 7 ? "poison" : "r" + std::to_string(n);
      REQUIRE(world.inbox.offer(world.delivery(remote), [&missing, n](std::optional<Ack> ack) {
        if (ack) missing.erase(n);
      }));
    }
    world.settle();
  }
  CHECK(missing == std::set<int>{7});
}

TEST_CASE("an answer whose rows are refused counts as lost, and everything else goes on") {
  PickyWorld world;
  world.load(more_plans(3));
  std::vector<Effect> starts;
  for (int n = 0; n < 4; ++n) starts.push_back(world.take(EffectKind::start));
  for (std::size_t n = 0; n < starts.size(); ++n)
    world.answer(starts[n], world.active_remote(n == 2 ? "poison" : "r" + std::to_string(n)));
  world.settle();
  for (std::size_t n = 0; n < starts.size(); ++n) {
    const SessionRow row = **world.stored(starts[n].session);
    CHECK(row.remote_id.has_value() == (n != 2));
    CHECK(row.state == (n == 2 ? State::queued : State::active));
  }
  world.clock.pass(Seconds{30});
  world.turn();
  CHECK(world.take(EffectKind::find).session == starts[2].session);
}

TEST_CASE("a configuration whose rows are refused is refused, and it is told why") {
  PickyWorld world;
  auto config = std::make_shared<Config>(*one_plan());
  Plan plan = config->plans.begin()->second;
  plan.name = PlanName("poison");
  config->plans.emplace(plan.name, plan);
  std::optional<std::optional<Ack>> told;
  world.inbox.post(ConfigLoaded{config}, [&](std::optional<Ack> ack) { told = ack; });
  world.settle();
  REQUIRE(told.has_value());
  CHECK_FALSE(told->has_value());
  CHECK(world.loop->published().storage_error.empty());
  CHECK(world.loop->published().refused_rows == "a value is refused");
}

TEST_CASE("texts from outside that no store can keep are written out before they are decided on") {
  LoopWorld world;
  world.load(one_plan());
  const Effect start = world.take(EffectKind::start);
  world.answer(start, world.active_remote(std::string("a\0b\xff", 4)));
  world.turn();
  CHECK((*world.stored(start.session))->remote_id == RemoteId("a\\x00b\\xff"));
  CHECK(world.loop->keeper().world().sessions.at(start.session).row.remote_id == RemoteId("a\\x00b\\xff"));
}

}  // namespace
}  // namespace keeper
