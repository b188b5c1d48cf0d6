// A store that moves from a database into a file, so that nothing leads it in the database afterwards.
#include "store/move_back.h"

#include <filesystem>

#include "store/move_store.h"
#include "store/pg_cluster.h"
#include "store/pg_history.h"
#include "store/pg_server.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

bool tells_why(const Error& error, const std::string& text) {
  INFO(error.what);
  return error.what.find(text) != std::string::npos;
}

// A store of two sessions that a node led and gave back.
PgSettings left_store() {
  PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::closed));
  must_commit(*store, story(session(2), State::active));
  return settings;
}

}  // namespace

TEST_CASE("a store that was moved back goes on in its file, and no node leads it in the database",
          "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  const PgSettings settings = left_store();
  const Result<Verification> moved = move_back(settings, path);
  if (!moved) FAIL(moved.error().what);
  CHECK(moved->sessions == 2);
  CHECK(must_load(*open_store(path)).last_seq == 5);

  Refusal refusal = Refusal::none;
  const auto led = PgStore::open(settings, &refusal);
  REQUIRE_FALSE(led.ok());
  CHECK(refusal == Refusal::newer);
  CHECK(tells_why(led.error(), "was moved to " + path));
  CHECK(tells_why(led.error(), "--undo"));
  CHECK(tells_why(move_back(settings, directory.file("other.db")).error(), "was moved to " + path));
  const Result<PgKnown> known = PgCluster(settings).identify_store();
  REQUIRE(known.ok());
  CHECK(known->moved.find(path) != std::string::npos);
  // What happened up to then can be read.
  CHECK((*PgHistory::open(settings))->session(SessionId("s1")).value().has_value());

  SECTION("until that is taken back") {
    REQUIRE(*take_back_moved(settings));
    CHECK_FALSE(*take_back_moved(settings));
    CHECK(must_load(*open_pg(settings)).last_seq == 5);
  }
  SECTION("and moves to the same database again, with what the file has by then") {
    must_commit(*open_store(path), story(session(3), State::active));
    const Result<MovedStore> again = move_store(path, settings);
    if (!again) FAIL(again.error().what);
    CHECK(must_load(*open_pg(settings)).last_seq == 7);
  }
}

TEST_CASE("a store is not moved back while a node leads it, runs, or has not given the lead back",
          "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  PgSettings settings = left_store();
  {
    const auto led = open_pg(settings);
    CHECK(tells_why(move_back(settings, path).error(), "is led by node a"));
  }
  NodeRow follower;
  follower.node = "b";
  follower.incarnation = "1";
  REQUIRE(PgCluster(settings).exchange(follower, 0).ok());
  CHECK(tells_why(move_back(settings, path).error(), "is used by node b"));
  REQUIRE(PgCluster(settings).leave("b", "1").ok());
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(move_back(settings, path).ok());
  CHECK(tells_why(move_back(left_store(), path).error(), "is there already"));
  CHECK(tells_why(move_back(fresh_pg(), directory.file("none.db")).error(), "there is none"));
}

TEST_CASE("a store that is not good is not moved back, and can be led as before", "[postgresql]") {
  TempDirectory directory;
  const std::string path = directory.file("keeper.db");
  const PgSettings settings = left_store();
  run_pg_sql(settings, "UPDATE transitions SET detail = 'forged' WHERE seq = 2");
  CHECK(tells_why(move_back(settings, path).error(), "was not moved"));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(open_pg(settings) != nullptr);
}
