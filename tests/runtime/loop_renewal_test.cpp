// When the loop renews the lease of a store that several nodes share.
#include "catch.h"
#include "runtime/loop_world.h"
#include "runtime/passed_on_store.h"

namespace keeper {
namespace {

class ToldStore final : public PassedOnStore {
 public:
  using PassedOnStore::PassedOnStore;
  Result<std::int64_t> commit(const Batch& batch) override {
    told.emplace_back("commit");
    return PassedOnStore::commit(batch);
  }
  Status probe() override {
    told.emplace_back("renewal");
    return PassedOnStore::probe();
  }
  std::vector<std::string> told;
};

struct LeasedWorld : LoopWorld {
  LeasedWorld() {
    access = std::make_unique<DirectStore>(leased);
    boot();
  }
  ToldStore leased{*store};
};

TEST_CASE("a lease that is due is renewed before the round, which may take its time") {
  LeasedWorld world;
  world.renew_at = world.clock.now().mono;
  world.load(one_plan());
  REQUIRE(world.leased.told.size() >= 2);
  CHECK(world.leased.told[0] == "renewal");
  CHECK(world.leased.told[1] == "commit");
}

TEST_CASE("a lease that is not due yet is renewed by no write of its own") {
  LeasedWorld world;
  world.renew_at = world.clock.now().mono + Seconds{1};
  world.load(one_plan());
  CHECK(world.leased.told == std::vector<std::string>{"commit"});
  CHECK(world.loop->next_turn() == world.renew_at);
}

}  // namespace
}  // namespace keeper
