// What retention reads of a PostgreSQL store in which little or nothing is old.
#include <string>
#include <vector>

#include "store/pg_world.h"
#include "store/pg_writer.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

// Of everything that is pruned, and all of it young.
void fill(const PgSettings& settings) {
  const std::string n = " FROM generate_series(1, 20000) n";
  const std::string one = "(SELECT number FROM sessions LIMIT 1)";
  const std::vector<std::string> texts{
      "INSERT INTO sessions SELECT (jsonb_populate_record(s, jsonb_build_object('number', n + 10, 'id', "
      "'t' || n, 'replica', n % 50, 'occurrence', 10000 + n, 'ended_at', 1000000 + n))).* FROM sessions "
      "s, generate_series(1, 20000) n WHERE s.id = 's1'",
      "INSERT INTO deliveries SELECT n, 'a', 'k' || n, 't', 1, 0, 'r', NULL, 'unknown', 1000000 + n, '', "
      "''::bytea" +
          n,
      "INSERT INTO deliveries SELECT 20000 + n, 'a', 'l' || n, 't', 1, 0, 'r', " + one +
          ", 'applied', 0, '', ''::bytea" + n,
      "INSERT INTO missed SELECT 'p', n, 'paused', 1000000 + n" + n,
      "INSERT INTO messages SELECT n, 'm' || n, 't', 0, 1, 0, 'delivered', 1000000 + n, ''" + n,
      "INSERT INTO messages SELECT 20000 + n, 'w' || n, 't', 0, 1, 0, 'waiting', NULL, ''" + n,
      "ANALYZE sessions, deliveries, missed, messages"};
  for (const std::string& text : texts) run_pg_sql(settings, text);
}

// How many blocks the statement takes up.
std::int64_t blocks_of(pg::Connection& connection, const std::string& text, Wall before) {
  const std::string explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + text;
  pg::Pipeline pipeline(connection);
  pipeline.add(explain).time(before).integer(50);
  const std::vector<pg::Rows> rows = pipeline.run(Seconds{20});
  const std::string plan = pg::Reader(rows.at(0), 0).text();
  UNSCOPED_INFO(plan);
  // The first of each is that of the whole statement.
  std::int64_t blocks = 0;
  for (const std::string kind : {"\"Shared Hit Blocks\": ", "\"Shared Read Blocks\": "}) {
    const std::size_t at = plan.find(kind);
    REQUIRE(at != std::string::npos);
    blocks += std::stoll(plan.substr(at + kind.size()));
  }
  return blocks;
}

}  // namespace

TEST_CASE("retention reads no table in which nothing is old enough", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  must_commit(*open_pg(settings), story(session(1), State::closed));
  fill(settings);
  run_pg_sql(settings, "UPDATE sessions SET ended_at = 1000000 WHERE id = 's1'");
  const auto connection = pg::Connection::open(settings.url.reveal(), "", Seconds{5});
  for (const std::string& text : prune_texts(settings.schema)) {
    INFO(text);
    CHECK(blocks_of(*connection, text, at(100)) < 40);
  }
}

TEST_CASE("retention removes the oldest of each kind, and as many as it was told", "[postgresql]") {
  const PgSettings settings = fresh_pg();
  must_commit(*open_pg(settings), story(session(1), State::closed));
  fill(settings);
  const auto pruned = open_pg(settings)->prune(at(2'000'000), 7);
  REQUIRE(pruned.ok());
  CHECK(pruned->sessions == 7);
  CHECK(pruned->more);
  CHECK(run_pg_sql(settings, "SELECT min(id) FROM deliveries") == "8");
  CHECK(run_pg_sql(settings, "SELECT min(occurrence) FROM missed") == "8");
  CHECK(run_pg_sql(settings, "SELECT min(number) FROM messages") == "8");
  CHECK(run_pg_sql(settings, "SELECT count(*) FROM messages WHERE state = 'waiting'") == "20000");
}
