// Retention of the PostgreSQL store. One statement deletes and counts, since no statement of a pipeline can
// use what another one gave.
#include <algorithm>

#include "store/pg_writer.h"

namespace keeper {
namespace {

using std::string;

// $1: the time; $2: rows at the most. Gives how many sessions went.
constexpr const char* prune_sessions =
    "WITH old AS (SELECT s.number FROM @sessions s WHERE s.resolved = 1 AND s.ended_at < $1 AND s.number <> "
    "(SELECT MAX(o.number) FROM @sessions o WHERE o.plan = s.plan AND o.replica = s.replica) AND NOT EXISTS "
    "(SELECT 1 FROM @deliveries d WHERE d.session = s.number AND d.disposition = 'held') "
    "ORDER BY s.ended_at LIMIT $2), "
    "t AS (DELETE FROM @transitions USING old WHERE session = old.number "
    "RETURNING 384 + octet_length(detail) AS bytes), "
    "d AS (DELETE FROM @deliveries USING old WHERE session = old.number "
    "RETURNING 384 + octet_length(body) AS bytes), "
    "s AS (DELETE FROM @sessions x USING old WHERE x.number = old.number RETURNING 1024 AS bytes), "
    "sums AS (SELECT (SELECT count(*) FROM s) AS sessions, (SELECT COALESCE(sum(bytes), 0) FROM "
    "(SELECT bytes FROM t UNION ALL SELECT bytes FROM d UNION ALL SELECT bytes FROM s) a) AS bytes), "
    "m AS (UPDATE @meta SET removed_sessions = removed_sessions + (SELECT sessions FROM sums)), "
    "l AS (UPDATE @lead SET bytes = bytes - (SELECT bytes FROM sums) WHERE shard = 'all') "
    "SELECT sessions FROM sums";

constexpr const char* prune_deliveries =
    "WITH old AS (SELECT id FROM @deliveries WHERE session IS NULL AND disposition <> 'held' "
    "AND received_at < $1 ORDER BY received_at LIMIT $2), "
    "d AS (DELETE FROM @deliveries x USING old WHERE x.id = old.id "
    "RETURNING 384 + octet_length(x.body) AS bytes), "
    "l AS (UPDATE @lead SET bytes = bytes - (SELECT COALESCE(sum(bytes), 0) FROM d) WHERE shard = 'all') "
    "SELECT count(*) FROM d";

constexpr const char* prune_missed =
    "WITH gone AS (DELETE FROM @missed WHERE (plan, occurrence) IN (SELECT plan, occurrence FROM @missed "
    "WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2) RETURNING 1) SELECT count(*) FROM gone";

constexpr const char* prune_messages =
    "DELETE FROM @messages WHERE number IN (SELECT number FROM @messages WHERE state <> 'waiting' "
    "AND settled_at < $1 ORDER BY settled_at LIMIT $2)";

}  // namespace

const char* const reckoned_bytes =
    "(SELECT count(*) * 1024 FROM @sessions) + "
    "(SELECT COALESCE(sum(384 + octet_length(detail)), 0) FROM @transitions) + "
    "(SELECT COALESCE(sum(384 + octet_length(body)), 0) FROM @deliveries)";

std::array<string, 4> prune_texts(const string& schema) {
  return {pg::in_schema(prune_sessions, schema), pg::in_schema(prune_deliveries, schema),
          pg::in_schema(prune_missed, schema), pg::in_schema(prune_messages, schema)};
}

Pruned PgWriter::prune(Wall ended_before, int rows_max, Millis limit) {
  const std::array texts = prune_texts(schema_);
  pg::Pipeline pipeline(connection_);
  pipeline.add(pg::begin_text);
  bind_fence(pipeline.add(texts_.fence), 0, 0);
  for (const string& text : texts) pipeline.add(text).time(ended_before).integer(rows_max);
  pipeline.add(pg::commit_text);
  const std::vector<pg::Rows> rows = pipeline.run(limit);
  passed(rows.at(1));
  std::array<std::int64_t, 3> gone{};
  for (std::size_t i = 0; i < gone.size(); ++i) gone[i] = pg::Reader(rows.at(i + 2), 0).integer();
  return {static_cast<int>(gone[0]), *std::max_element(gone.begin(), gone.end()) >= rows_max};
}

}  // namespace keeper
