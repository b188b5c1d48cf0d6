// What becomes of the words of late starts at the leader.
#include "runtime/late_words.h"

#include "catch.h"

namespace keeper {
namespace {

using Words = std::vector<LateStart>;
const LateStart one{"b", "browsers", "s1", "r1"};
const LateStart other{"b", "browsers", "s2", "r2"};

}  // namespace

TEST_CASE("the word of a late start is told once, and given up only when its notice is on disk") {
  LateWords words;
  CHECK(words.untold({one}) == Words{one});
  CHECK(words.untold({one, other}) == Words{other});
  CHECK(words.told().empty());
  words.settle(one, true);
  CHECK(words.told() == Words{one});
  CHECK(words.untold({one, other}).empty());
  // Once the database has it no more, it may come anew.
  CHECK(words.untold({other}).empty());
  CHECK(words.told().empty());
  words.settle(one, true);
  CHECK(words.told().empty());
  CHECK(words.untold({one, other}) == Words{one});
}

TEST_CASE("the word of a late start whose notice did not get on disk is told again") {
  LateWords words;
  REQUIRE(words.untold({one}) == Words{one});
  words.settle(one, false);
  CHECK(words.told().empty());
  CHECK(words.untold({one}) == Words{one});
}

}  // namespace keeper
