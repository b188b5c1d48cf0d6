#include "store/pg_schema.h"

#include <array>
#include <span>
#include <vector>

#include "store/pg_lead.h"

namespace keeper {
namespace {

// Numbers, times and truth values are bigint, as the shared binders write them. Texts are compared by their
// bytes, as in SQLite. What SQLite's triggers guard is checked by the writer. Bodies are not compressed,
// because they are read rarely and written often.
constexpr std::array first_tables{
    R"sql(CREATE TABLE @meta(
  one bigint PRIMARY KEY CHECK(one = 1),
  version bigint NOT NULL,
  readable_from bigint NOT NULL,
  instance text NOT NULL,
  boot text NOT NULL DEFAULT '',
  removed_sessions bigint NOT NULL DEFAULT 0,
  moved_to text,
  moved_at bigint))sql",
    R"sql(CREATE TABLE @lead(
  shard text PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  beat bigint NOT NULL DEFAULT 0,
  token text NOT NULL DEFAULT '',
  node text NOT NULL DEFAULT '',
  backend bigint NOT NULL DEFAULT 0,
  lease_ms bigint NOT NULL DEFAULT 0,
  released bigint NOT NULL DEFAULT 1,
  timeline text NOT NULL DEFAULT '',
  commits bigint NOT NULL DEFAULT 0,
  last_seq bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  config_hash text NOT NULL DEFAULT '',
  successor text) WITH (fillfactor = 20))sql",
    "INSERT INTO @lead(shard) VALUES ('all')",
    R"sql(CREATE TABLE @nodes(
  node text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  version text NOT NULL,
  address text NOT NULL,
  config_hash text NOT NULL,
  state text NOT NULL,
  clock_offset_ms bigint,
  seen_at bigint NOT NULL,
  began_at bigint NOT NULL,
  PRIMARY KEY(node, incarnation)) WITH (fillfactor = 20))sql",
    R"sql(CREATE TABLE @late(
  node text NOT NULL,
  provider text NOT NULL,
  session text NOT NULL,
  remote text NOT NULL,
  at bigint NOT NULL))sql",
    R"sql(CREATE TABLE @plans(
  name text COLLATE "C" PRIMARY KEY,
  known_since bigint NOT NULL,
  looked_until bigint,
  schedule text,
  handled text NOT NULL,
  buffered bigint,
  window_time bigint,
  window_occurrence bigint,
  paused_since bigint,
  paused_until bigint,
  pause_reason text NOT NULL,
  by_hand_begin bigint,
  by_hand_end bigint))sql",
    R"sql(CREATE TABLE @sessions(
  number bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  plan text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  occurrence bigint NOT NULL,
  replica bigint NOT NULL,
  attempt bigint NOT NULL,
  failures bigint NOT NULL,
  place text NOT NULL,
  parameters text NOT NULL,
  fingerprint text NOT NULL,
  state text COLLATE "C" NOT NULL CHECK(state IN ('queued', 'active', 'closed', 'error', 'timed_out')),
  reason text NOT NULL,
  progress bigint NOT NULL CHECK(progress BETWEEN 0 AND 4),
  native_status text NOT NULL,
  remote_id text COLLATE "C",
  start_sent_at bigint,
  ending_state text,
  ending_reason text,
  ending_cause text,
  ending_asked_at bigint,
  resolved bigint NOT NULL CHECK(resolved = 0 OR resolved = 1 AND state IN ('closed', 'error', 'timed_out')),
  created_at bigint NOT NULL,
  active_at bigint,
  ended_at bigint,
  predecessor text COLLATE "C",
  successor text COLLATE "C",
  last_error text NOT NULL,
  ending_cancel bigint NOT NULL,
  start_sent_mono bigint,
  start_sent_by_mono bigint,
  chain_head bytea NOT NULL,
  UNIQUE(plan, occurrence, replica, attempt)))sql",
    R"sql(CREATE TABLE @session_counts(
  state text COLLATE "C" PRIMARY KEY,
  sessions bigint NOT NULL) WITH (fillfactor = 20))sql",
    "INSERT INTO @session_counts VALUES ('queued', 0), ('active', 0), ('closed', 0), ('error', 0), "
    "('timed_out', 0)",
    R"sql(CREATE TABLE @transitions(
  seq bigint PRIMARY KEY,
  session bigint NOT NULL REFERENCES @sessions(number) ON DELETE CASCADE,
  ordinal bigint NOT NULL,
  plan text COLLATE "C" NOT NULL,
  remote_id text,
  from_state text,
  to_state text NOT NULL,
  reason text NOT NULL,
  cause text NOT NULL,
  at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  detail text NOT NULL,
  hash bytea NOT NULL,
  CHECK(ordinal = CASE to_state WHEN 'queued' THEN 0 WHEN 'active' THEN 1 ELSE 2 END),
  CHECK((from_state IS NULL) = (ordinal = 0))))sql",
    R"sql(CREATE TABLE @deliveries(
  id bigint PRIMARY KEY,
  provider text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  type text NOT NULL,
  progress bigint NOT NULL CHECK(progress BETWEEN 0 AND 4),
  failed bigint NOT NULL,
  remote_id text COLLATE "C" NOT NULL,
  session bigint REFERENCES @sessions(number) ON DELETE CASCADE,
  disposition text COLLATE "C" NOT NULL,
  received_at bigint NOT NULL,
  digest text NOT NULL,
  body bytea NOT NULL,
  UNIQUE(provider, key)))sql",
    "ALTER TABLE @deliveries ALTER COLUMN body SET STORAGE EXTERNAL",
    R"sql(CREATE TABLE @missed(
  plan text COLLATE "C" NOT NULL,
  occurrence bigint NOT NULL,
  why text NOT NULL,
  recorded_at bigint NOT NULL,
  PRIMARY KEY(plan, occurrence)))sql",
    R"sql(CREATE TABLE @alerts(
  target text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  since bigint NOT NULL,
  told_at bigint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY(target, topic, subject)))sql",
    R"sql(CREATE TABLE @messages(
  number bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  target text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  attempts bigint NOT NULL,
  next_at bigint NOT NULL,
  state text COLLATE "C" NOT NULL CHECK(state IN ('waiting', 'delivered', 'given_up')),
  settled_at bigint,
  last_error text NOT NULL))sql",
    R"sql(CREATE TABLE @notices(
  message text COLLATE "C" NOT NULL REFERENCES @messages(id) ON DELETE CASCADE,
  n bigint NOT NULL,
  topic text NOT NULL,
  phase text NOT NULL,
  subject text NOT NULL,
  since bigint NOT NULL,
  at bigint NOT NULL,
  times bigint NOT NULL,
  text text NOT NULL,
  PRIMARY KEY(message, n)))sql",
    "CREATE INDEX sessions_unresolved ON @sessions(number) WHERE resolved = 0",
    "CREATE INDEX sessions_by_slot ON @sessions(plan, replica, number)",
    "CREATE INDEX sessions_by_plan ON @sessions(plan, number)",
    "CREATE INDEX sessions_by_provider ON @sessions(provider, number)",
    "CREATE INDEX sessions_by_state ON @sessions(state, number) WHERE state IN ('closed', 'error', "
    "'timed_out')",
    "CREATE INDEX sessions_by_plan_state ON @sessions(plan, state, number) "
    "WHERE state IN ('closed', 'error', 'timed_out')",
    "CREATE INDEX sessions_by_provider_state ON @sessions(provider, state, number) "
    "WHERE state IN ('closed', 'error', 'timed_out')",
    "CREATE INDEX sessions_by_end ON @sessions(ended_at) WHERE resolved = 1",
    "CREATE INDEX sessions_by_remote ON @sessions(remote_id) WHERE remote_id IS NOT NULL",
    "CREATE UNIQUE INDEX transitions_by_session ON @transitions(session, ordinal)",
    "CREATE INDEX transitions_by_plan ON @transitions(plan, seq)",
    "CREATE INDEX transitions_by_time ON @transitions(recorded_at)",
    "CREATE INDEX deliveries_by_provider ON @deliveries(provider, id)",
    "CREATE INDEX deliveries_by_disposition ON @deliveries(disposition, id)",
    "CREATE INDEX deliveries_by_session ON @deliveries(session, id)",
    "CREATE INDEX deliveries_of_nobody ON @deliveries(received_at) "
    "WHERE session IS NULL AND disposition <> 'held'",
    "CREATE INDEX missed_by_time ON @missed(recorded_at)",
    "CREATE INDEX messages_settled ON @messages(settled_at) WHERE state <> 'waiting'",
    "CREATE INDEX messages_waiting ON @messages(number) WHERE state = 'waiting'",
};

// A released step is never edited; a new one is added.
constexpr std::array all_steps{PgStep{first_tables, 1}};

void add_step(pg::Pipeline& pipeline, std::deque<std::string>& texts, const std::string& schema,
              const PgStep& step) {
  for (const char* statement : step.statements) {
    pipeline.add(texts.emplace_back(pg::in_schema(statement, schema)));
  }
}

}  // namespace

const int pg_schema_version = static_cast<int>(all_steps.size());
const std::span<const PgStep> pg_steps = all_steps;

PgIdentity identify(pg::Connection& connection, const std::string& schema, Millis limit) {
  const std::string name = pg::in_schema("@meta", schema);
  const pg::Rows there = pg::run(connection, "SELECT to_regclass($1) IS NOT NULL", limit,
                                 [&](pg::Parameters& to) { to.text(name); });
  PgIdentity identity;
  identity.blank = !pg::Reader(there, 0).boolean();
  if (identity.blank) return identity;
  const std::string text =
      pg::in_schema("SELECT version, readable_from, instance, moved_to, moved_at FROM @meta", schema);
  const pg::Rows rows = pg::run(connection, text, limit);
  if (rows.count() != 1) sql::fail_corrupt("has lost the row that says what it is");
  pg::Reader from(rows, 0);
  identity.version = from.small();
  identity.readable_from = from.small();
  identity.instance = from.id<InstanceId>();
  if (from.is_null()) return identity;
  identity.moved_to = from.text();
  identity.moved_at = from.time();
  return identity;
}

std::string moved_words(const PgIdentity& identity) {
  return "was moved to " + identity.moved_to + " at " + to_rfc3339(identity.moved_at) +
         "; give that as store.path. Only if no daemon has used it there: `session-keeper move-store --undo "
         "--from URL` makes this a store again";
}

void add_tables(pg::Pipeline& pipeline, std::deque<std::string>& texts, const std::string& schema,
                const InstanceId& instance) {
  // "SKpr", as in the file of an SQLite store. It is held up to the end of the transaction.
  pipeline.add(texts.emplace_back("SELECT pg_advisory_xact_lock(1397452914)"));
  std::string quoted = pg::in_schema("@", schema);
  quoted.pop_back();
  pipeline.add(texts.emplace_back("CREATE SCHEMA IF NOT EXISTS " + quoted));
  for (const PgStep& step : pg_steps) add_step(pipeline, texts, schema, step);
  pipeline
      .add(texts.emplace_back(pg::in_schema(
          "INSERT INTO @meta(one, version, readable_from, instance) VALUES (1, $1, $2, $3)", schema)))
      .integer(pg_schema_version)
      .integer(pg_steps.back().readable_from)
      .text(instance);
}

void make_store(pg::Connection& connection, const std::string& schema, const InstanceId& instance,
                Millis limit) {
  std::deque<std::string> texts;
  pg::Pipeline pipeline(connection);
  pipeline.add(pg::begin_text);
  add_tables(pipeline, texts, schema, instance);
  pipeline.add(pg::commit_text);
  try {
    pipeline.run(limit);
  } catch (const pg::Failed& failure) {
    // Another program was faster.
    if (failure.state() != "42P07") throw;
  }
}

void migrate(pg::Connection& connection, const std::string& schema, int version, const PgFence& fence,
             std::int64_t commits, Millis limit, std::span<const PgStep> steps) {
  for (const PgStep& step : steps.subspan(static_cast<std::size_t>(version))) {
    std::deque<std::string> texts;
    pg::Pipeline pipeline(connection);
    pipeline.add(pg::begin_text);
    pipeline.add(texts.emplace_back(pg::in_schema(fence_text, schema)))
        .integer(fence.epoch)
        .text(fence.token)
        .integer(0)
        .integer(0)
        .integer(commits++);
    add_step(pipeline, texts, schema, step);
    pipeline
        .add(texts.emplace_back(pg::in_schema("UPDATE @meta SET version = $1, readable_from = $2", schema)))
        .integer(++version)
        .integer(step.readable_from);
    pipeline.add(pg::commit_text);
    pipeline.run(limit);
  }
}

}  // namespace keeper
