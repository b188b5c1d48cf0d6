// Questions to the keeper: answered by the loop between two rounds, without a change.
#include "catch.h"
#include "core/preview.h"
#include "runtime/loop_world.h"

namespace keeper {

TEST_CASE("a question is answered once, by the next turn, and writes and sends nothing") {
  LoopWorld world;
  world.activate();
  world.effects.clear();
  world.order.clear();
  const auto seq = world.loop->published().last_seq;
  int answers = 0;
  Result<Preview> told = Preview{};
  world.inbox.ask([&](const Keeper* keeper, const SpentIn& spent, Now now) {
    ++answers;
    REQUIRE(keeper != nullptr);
    told = preview_of(*keeper, more_plans(3), now, spent);
  });
  world.turn();
  world.turn();
  CHECK(answers == 1);
  REQUIRE(told.ok());
  CHECK(told->plans.size() == 4);
  CHECK(world.loop->published().last_seq == seq);
  CHECK(world.effects.empty());
  CHECK(world.loop->keeper().world().config->plans.size() == 1);
}

}  // namespace keeper
