// A store over several openings.
#include "store/store_world.h"

using namespace keeper;
using namespace keeper::kit;

STORE_TEST_CASE("a new store has an instance id of 128 bits that stays") {
  const InstanceId first = world.open()->instance();
  REQUIRE(first.str().size() == 32);
  REQUIRE(first.str().find_first_not_of("0123456789abcdef") == std::string::npos);
  REQUIRE(world.open()->instance() == first);
  REQUIRE(must_load(*world.open()).instance == first);
}

STORE_TEST_CASE("everything is there again after the store was closed") {
  Batch batch = story(session(1), State::active);
  batch.deliveries = {delivery(1, Disposition::held)};
  batch.plans = {plan("p0", 4)};
  must_commit(*world.open(), batch);
  const Ledger ledger = must_load(*world.open());
  REQUIRE(ledger.unresolved == batch.sessions);
  REQUIRE(ledger.plans == batch.plans);
  REQUIRE(ledger.held.size() == 1);
  REQUIRE(ledger.last_seq == 2);
  REQUIRE(ledger.counts[1] == 1);
}

STORE_TEST_CASE("a reopened store goes on with its rows") {
  const auto store = world.open();
  must_commit(*store, story(session(1), State::active));
  REQUIRE(store->reopen().ok());
  REQUIRE_FALSE(store->needs_reopen());
  REQUIRE(must_load(*store).unresolved.size() == 1);
  REQUIRE(must_commit(*store, story(session(2), State::active)) == 4);
}

STORE_TEST_CASE("a probe writes, and changes no row") {
  const auto store = world.open();
  must_commit(*store, story(session(1), State::active));
  const Ledger before = must_load(*store);
  REQUIRE(store->probe().ok());
  REQUIRE(store->probe().ok());
  const Ledger after = must_load(*store);
  REQUIRE(after.unresolved == before.unresolved);
  REQUIRE(after.last_seq == before.last_seq);
}

STORE_TEST_CASE("moments of the boot-time clock outlive the process, and not the machine's start") {
  SessionRow row = session(1);
  row.start_sent_at = at(5);
  row.start_sent_mono = Mono{Millis{77}};
  row.start_sent_by_mono = Mono{Millis{78}};
  {
    Batch batch;
    batch.sessions = {row};
    must_commit(*world.open(), batch);
  }
  CHECK(must_load(*world.open()).unresolved.at(0) == row);
  world.sql("UPDATE meta SET boot = 'another start of the machine'");
  const auto rebooted = world.open();
  CHECK_FALSE(must_load(*rebooted).unresolved.at(0).start_sent_mono);
  CHECK_FALSE(must_load(*rebooted).unresolved.at(0).start_sent_by_mono);
  CHECK(must_load(*rebooted).unresolved.at(0).start_sent_at == at(5));
}
