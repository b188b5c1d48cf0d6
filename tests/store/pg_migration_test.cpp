// The way from one version of PostgreSQL's tables to the next, beside a program of the version before.
#include <array>
#include <string>

#include "store/pg_cluster.h"
#include "store/pg_history.h"
#include "store/pg_lead.h"
#include "store/pg_schema.h"
#include "store/pg_world.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

constexpr Millis migration_limit = Seconds{5};

// What a next version may do: it adds what an older program does not read.
constexpr std::array next_statements{"ALTER TABLE @sessions ADD COLUMN colour text NOT NULL DEFAULT ''",
                                     "CREATE INDEX sessions_by_colour ON @sessions(colour)"};
// And the one after it: an older program cannot use the tables any more.
constexpr std::array last_statements{"ALTER TABLE @missed RENAME TO passed_over"};

std::vector<PgStep> steps_to_come() {
  std::vector<PgStep> steps(pg_steps.begin(), pg_steps.end());
  steps.push_back({next_statements, pg_schema_version});
  steps.push_back({last_statements, pg_schema_version + 2});
  return steps;
}

PgFence fence_of(pg::Connection& connection, const PgSettings& settings) {
  LeadRow seen = look_at_lead(connection, settings.schema, migration_limit);
  seen.backend = 0;  // the claim would end this connection, where it was the former one's too
  const std::optional<PgFence> fence =
      claim_lead(connection, settings.schema, seen, {settings.node, settings.lease, settings.config_hash},
                 migration_limit);
  REQUIRE(fence);
  return *fence;
}

}  // namespace

TEST_CASE("a leader of the next version migrates, and the older program reads but does not lead",
          "[postgresql]") {
  const PgSettings settings = fresh_pg();
  must_commit(*open_pg(settings), story(session(1), State::closed));
  const auto connection = pg::Connection::open(settings.url.reveal(), "", migration_limit);
  const PgFence fence = fence_of(*connection, settings);
  const std::vector<PgStep> steps = steps_to_come();
  const LeadRow before = look_at_lead(*connection, settings.schema, migration_limit);
  migrate(*connection, settings.schema, pg_schema_version, fence, before.commits, migration_limit,
          std::span(steps).first(steps.size() - 1));

  PgIdentity identity = identify(*connection, settings.schema, migration_limit);
  CHECK(identity.version == pg_schema_version + 1);
  CHECK(identity.readable_from == pg_schema_version);
  CHECK(look_at_lead(*connection, settings.schema, migration_limit).commits == before.commits + 1);
  CHECK(run_pg_sql(settings, "SELECT count(*) FROM sessions WHERE colour = ''") == "1");
  const Result<PgKnown> known = PgCluster(settings).identify_store();
  REQUIRE(known.ok());
  CHECK_FALSE(known->is_known);
  CHECK(known->is_readable);
  Refusal refusal = Refusal::none;
  CHECK_FALSE(
      PgStore::take_over(settings, look_at_lead(*connection, settings.schema, migration_limit), &refusal)
          .ok());
  CHECK(refusal == Refusal::newer);
  const auto history = PgHistory::open(settings);
  REQUIRE(history.ok());
  CHECK((*history)->session(session(1).id).value().has_value());

  SECTION("and a version after it goes on from there, out of the older one's reach") {
    migrate(*connection, settings.schema, pg_schema_version + 1, fence, before.commits + 1, migration_limit,
            steps);
    identity = identify(*connection, settings.schema, migration_limit);
    CHECK(identity.version == pg_schema_version + 2);
    CHECK_FALSE(identity.is_readable());
    CHECK_FALSE(PgHistory::open(settings).ok());
  }
}

TEST_CASE("a migration of a node that leads no more changes nothing", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  open_pg(settings);
  const auto connection = pg::Connection::open(settings.url.reveal(), "", migration_limit);
  const PgFence former = fence_of(*connection, settings);
  fence_of(*connection, settings);
  const std::vector<PgStep> steps = steps_to_come();
  const LeadRow row = look_at_lead(*connection, settings.schema, migration_limit);
  CHECK_THROWS_AS(
      migrate(*connection, settings.schema, pg_schema_version, former, row.commits, migration_limit, steps),
      pg::Failed);
  CHECK(run_pg_sql(settings, "SELECT version FROM meta") == std::to_string(pg_schema_version));
  CHECK(run_pg_sql(settings,
                   "SELECT count(*) FROM pg_attribute WHERE attrelid = 'sessions'::regclass AND "
                   "attname = 'colour'") == "0");
}
