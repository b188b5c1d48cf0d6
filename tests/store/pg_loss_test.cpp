// What a database has lost, as its leader counts it, and what the next leader doubts.
#include <string>

#include "store/pg_lead.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

LeadRow row_of_lead(const PgSettings& settings) {
  const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  return look_at_lead(*connection, settings.schema, Seconds{5});
}

}  // namespace

TEST_CASE("a leader counts the commits that the database has lost, and doubts a timeline only then",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::active));
  const std::string timeline = row_of_lead(settings).timeline;
  CHECK(timeline == "00000001");
  CHECK(must_load(*store).doubt_until == Mono::min());
  const auto reconnect = [&](const std::string& change) {
    run_pg_sql(settings, "UPDATE lead SET " + change + " RETURNING node");
    CHECK_FALSE(store->probe().ok());
    REQUIRE(store->reopen().ok());
  };
  // A failover that lost nothing.
  run_pg_sql(settings, "SELECT pg_terminate_backend(backend::int)::text FROM lead");
  reconnect("timeline = '00000000'");
  CHECK(store->lost_commits() == 0);
  CHECK(row_of_lead(settings).timeline == timeline);
  reconnect("timeline = '00000000', commits = commits - 2");
  CHECK(store->lost_commits() == 2);
  CHECK(row_of_lead(settings).timeline == "00000000");
  reconnect("commits = commits - 1");
  CHECK(store->lost_commits() == 3);
}

// As at a primary that is cut off from its standby: the row shows it, and nobody was told of it.
TEST_CASE("a commit that a leader has seen and that was not acknowledged is not lost", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  const auto store = open_pg(settings);
  must_commit(*store, story(session(1), State::active));
  run_pg_sql(settings, "SELECT pg_terminate_backend(backend::int)::text FROM lead");
  CHECK_FALSE(store->probe().ok());
  const std::string acknowledged = run_pg_sql(settings, "SELECT commits FROM lead");
  run_pg_sql(settings, "UPDATE lead SET commits = commits + 1 RETURNING node");
  {
    const auto other = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
    pg::run(*other, pg::begin_text, Seconds{5});
    pg::run(*other, pg::in_schema("SELECT 1 FROM @lead FOR UPDATE", settings.schema), Seconds{5});
    CHECK_FALSE(store->reopen().ok());
    run_pg_sql(
        settings,
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  }
  // The standby, which does not have it, is the primary now.
  run_pg_sql(settings, "UPDATE lead SET commits = " + acknowledged + " RETURNING node");
  REQUIRE(store->reopen().ok());
  CHECK(store->lost_commits() == 0);
}

TEST_CASE("whoever takes the lead on another timeline than its last leader's doubts what was not started",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  open_pg(settings);
  {
    const auto same = PgStore::open(settings);
    REQUIRE(same.ok());
    CHECK((*same)->doubted_since().empty());
    CHECK(must_load(**same).doubt_until < BootClock::now());
  }
  run_pg_sql(settings, "UPDATE lead SET timeline = '00000000' RETURNING node");
  const auto other = PgStore::open(settings);
  REQUIRE(other.ok());
  CHECK((*other)->doubted_since() == "00000000");
  CHECK(must_load(**other).doubt_until > BootClock::now());
}
