#include "store/schema.h"

#include <SQLiteCpp/Backup.h>

#include <array>
#include <memory>
#include <string>

#include "base/check.h"
#include "store/connection.h"
#include "store/sqlite.h"

namespace keeper {
namespace {

// Times are milliseconds since the epoch in UTC. `number` orders sessions by creation and keeps the large
// tables narrow; it is never used twice, because a slot's newest session is never deleted. Partial indices on
// ended sessions are written once in a session's life.
constexpr const char* tables = R"sql(
CREATE TABLE meta(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  instance TEXT NOT NULL,
  probes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE plans(
  name TEXT PRIMARY KEY,
  known_since INTEGER NOT NULL,
  considered INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  plan TEXT NOT NULL,
  provider TEXT NOT NULL,
  occurrence INTEGER NOT NULL,
  replica INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  place TEXT NOT NULL,
  parameters TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('queued', 'active', 'closed', 'error', 'timed_out')),
  reason TEXT NOT NULL,
  progress INTEGER NOT NULL CHECK(progress BETWEEN 0 AND 4),
  native_status TEXT NOT NULL,
  remote_id TEXT,
  start_sent_at INTEGER,
  ending_state TEXT,
  ending_reason TEXT,
  ending_cause TEXT,
  ending_asked_at INTEGER,
  resolved INTEGER NOT NULL CHECK(resolved = 0 OR resolved = 1 AND state IN ('closed', 'error', 'timed_out')),
  created_at INTEGER NOT NULL,
  active_at INTEGER,
  ended_at INTEGER,
  predecessor TEXT,
  successor TEXT,
  last_error TEXT NOT NULL,
  chain_head BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000',
  UNIQUE(plan, occurrence, replica, attempt)
) STRICT;

CREATE TABLE session_counts(
  state TEXT PRIMARY KEY,
  sessions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE transitions(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  session INTEGER NOT NULL REFERENCES sessions(number) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  plan TEXT NOT NULL,
  remote_id TEXT,
  from_state TEXT,
  to_state TEXT NOT NULL,
  reason TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL,
  CHECK(ordinal = CASE to_state WHEN 'queued' THEN 0 WHEN 'active' THEN 1 ELSE 2 END),
  CHECK((from_state IS NULL) = (ordinal = 0))
) STRICT;

CREATE TABLE deliveries(
  id INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  key TEXT NOT NULL,
  type TEXT NOT NULL,
  progress INTEGER NOT NULL CHECK(progress BETWEEN 0 AND 4),
  failed INTEGER NOT NULL,
  remote_id TEXT NOT NULL,
  session INTEGER REFERENCES sessions(number) ON DELETE CASCADE,
  disposition TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  body BLOB NOT NULL,
  UNIQUE(provider, key)
) STRICT;
)sql";

constexpr const char* indices = R"sql(
CREATE INDEX sessions_unresolved ON sessions(resolved) WHERE resolved = 0;
CREATE INDEX sessions_by_slot ON sessions(plan, replica);
CREATE INDEX sessions_by_plan ON sessions(plan);
CREATE INDEX sessions_by_provider ON sessions(provider);
CREATE INDEX sessions_by_state ON sessions(state) WHERE state IN ('closed', 'error', 'timed_out');
CREATE INDEX sessions_by_plan_state ON sessions(plan, state) WHERE state IN ('closed', 'error', 'timed_out');
CREATE INDEX sessions_by_provider_state ON sessions(provider, state)
  WHERE state IN ('closed', 'error', 'timed_out');
CREATE INDEX sessions_by_end ON sessions(ended_at) WHERE resolved = 1;
CREATE INDEX sessions_by_remote ON sessions(remote_id) WHERE remote_id IS NOT NULL;
CREATE UNIQUE INDEX transitions_by_session ON transitions(session, ordinal);
CREATE INDEX transitions_by_plan ON transitions(plan);
CREATE INDEX deliveries_by_provider ON deliveries(provider);
CREATE INDEX deliveries_by_disposition ON deliveries(disposition);
CREATE INDEX deliveries_by_session ON deliveries(session);
)sql";

// Transitions go only together with their session, by the cascade, which runs after the session's row is
// gone. Counts are of all sessions ever recorded, so that retention does not move them.
constexpr const char* rules = R"sql(
INSERT INTO session_counts VALUES ('queued', 0), ('active', 0), ('closed', 0), ('error', 0), ('timed_out', 0);

CREATE TRIGGER sessions_counted AFTER INSERT ON sessions BEGIN
  UPDATE session_counts SET sessions = sessions + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER sessions_recounted AFTER UPDATE OF state ON sessions WHEN OLD.state <> NEW.state BEGIN
  UPDATE session_counts SET sessions = sessions - 1 WHERE state = OLD.state;
  UPDATE session_counts SET sessions = sessions + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER sessions_never_go_back BEFORE UPDATE OF state ON sessions
WHEN OLD.state <> NEW.state AND (OLD.state NOT IN ('queued', 'active') OR NEW.state = 'queued') BEGIN
  SELECT RAISE(ABORT, 'a terminal state never changes, and no state goes back to queued');
END;
CREATE TRIGGER transitions_never_change BEFORE UPDATE ON transitions BEGIN
  SELECT RAISE(ABORT, 'a transition never changes');
END;
CREATE TRIGGER transitions_stay BEFORE DELETE ON transitions
WHEN EXISTS (SELECT 1 FROM sessions WHERE number = OLD.session) BEGIN
  SELECT RAISE(ABORT, 'a transition is kept as long as its session');
END;
)sql";

// What operators ask for, and occurrences that began nothing. SQLite writes a new column's default only with
// the row.
constexpr const char* operator_columns = R"sql(
ALTER TABLE plans ADD COLUMN paused_since INTEGER;
ALTER TABLE plans ADD COLUMN paused_until INTEGER;
ALTER TABLE plans ADD COLUMN pause_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE plans ADD COLUMN by_hand_begin INTEGER;
ALTER TABLE plans ADD COLUMN by_hand_end INTEGER;
ALTER TABLE sessions ADD COLUMN ending_cancel INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr const char* missed_table = R"sql(
CREATE TABLE missed(
  plan TEXT NOT NULL,
  occurrence INTEGER NOT NULL,
  why TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY(plan, occurrence)
) STRICT, WITHOUT ROWID;
CREATE INDEX missed_by_time ON missed(recorded_at);
)sql";

// Which occurrences are done with, one by one, so that a step of the clock neither repeats nor loses any.
constexpr const char* occurrence_columns = R"sql(
ALTER TABLE plans ADD COLUMN handled TEXT NOT NULL DEFAULT '[]';
ALTER TABLE plans ADD COLUMN handled_before INTEGER;
ALTER TABLE plans ADD COLUMN buffered INTEGER;
ALTER TABLE plans RENAME COLUMN considered TO looked_until;
UPDATE plans SET handled_before = looked_until;
)sql";

// Who was told what, and the messages that carry it. What a message says goes with it.
constexpr const char* notice_tables = R"sql(
CREATE TABLE alerts(
  target TEXT NOT NULL,
  topic TEXT NOT NULL,
  subject TEXT NOT NULL,
  since INTEGER NOT NULL,
  told_at INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY(target, topic, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  target TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('waiting', 'delivered', 'given_up')),
  settled_at INTEGER,
  last_error TEXT NOT NULL
) STRICT;
CREATE INDEX messages_waiting ON messages(state) WHERE state = 'waiting';

CREATE TABLE notices(
  message TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  topic TEXT NOT NULL,
  phase TEXT NOT NULL,
  subject TEXT NOT NULL,
  since INTEGER NOT NULL,
  at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY(message, n)
) STRICT, WITHOUT ROWID;
)sql";

// When a start left, by a clock that no step moves and every reboot begins anew.
constexpr const char* boot_columns = R"sql(
ALTER TABLE sessions ADD COLUMN start_sent_mono INTEGER;
ALTER TABLE meta ADD COLUMN boot TEXT NOT NULL DEFAULT '';
)sql";

// Which rows an export begins with, and how many sessions retention has removed: what is missing beyond them
// is a loss.
constexpr const char* record_of_retention = R"sql(
CREATE INDEX transitions_by_time ON transitions(recorded_at);
ALTER TABLE meta ADD COLUMN removed_sessions INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET removed_sessions =
  (SELECT TOTAL(sessions) FROM session_counts) - (SELECT COUNT(*) FROM sessions);
)sql";

// From which schedule a plan counts, which window it has open, and stretches of handled times in place of
// single ones. Of the times up to handled_before the last day is kept: the clock is set back by no more, or
// was wrong.
constexpr const char* schedule_columns = R"sql(
ALTER TABLE plans ADD COLUMN schedule TEXT;
ALTER TABLE plans ADD COLUMN window_time INTEGER;
ALTER TABLE plans ADD COLUMN window_occurrence INTEGER;
UPDATE plans SET handled = '[[' || (handled_before - 86400000) || ',' || handled_before || ']' ||
  CASE handled WHEN '[]' THEN ']' ELSE ',' || substr(handled, 2) END
  WHERE handled_before IS NOT NULL;
ALTER TABLE plans DROP COLUMN handled_before;
)sql";

// When a start had left at the latest, so that each restart does not put that off again.
constexpr const char* start_bound = R"sql(
ALTER TABLE sessions ADD COLUMN start_sent_by_mono INTEGER;
)sql";

struct Step {
  std::array<const char*, 3> scripts;
};

// The step at index n leads to version n + 1. A released step is never edited; a new one is added.
constexpr std::array steps{
    Step{{tables, indices, rules}},     Step{{operator_columns, missed_table, ""}},
    Step{{occurrence_columns, "", ""}}, Step{{notice_tables, "", ""}},
    Step{{boot_columns, "", ""}},       Step{{record_of_retention, "", ""}},
    Step{{schedule_columns, "", ""}},   Step{{start_bound, "", ""}},
};

}  // namespace

const int store_version = static_cast<int>(steps.size());

StoreIdentity identify(const SQLite::Database& database) {
  StoreIdentity identity;
  identity.blank = sqlite::query_int(database, "SELECT COUNT(*) FROM sqlite_schema") == 0;
  identity.ours = sqlite::query_int(database, "PRAGMA application_id") == store_application_id;
  identity.version = static_cast<int>(sqlite::query_int(database, "PRAGMA user_version"));
  return identity;
}

void migrate(SQLite::Database& database, int version, int newest) {
  KEEPER_CHECK(version >= 0 && version <= newest && newest <= store_version);
  for (; version < newest; ++version) {
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const char* script : steps[static_cast<std::size_t>(version)].scripts) database.exec(script);
      database.exec("PRAGMA application_id = " + std::to_string(store_application_id));
      database.exec("PRAGMA user_version = " + std::to_string(version + 1));
      database.exec("COMMIT");
    } catch (const SQLite::Exception&) {
      database.tryExec("ROLLBACK");
      throw;
    }
  }
}

void copy_newest(SQLite::Database& blank) {
  static const std::unique_ptr<SQLite::Database> made = [] {
    auto first =
        std::make_unique<SQLite::Database>(memory_path, SQLite::OPEN_READWRITE | SQLite::OPEN_FULLMUTEX);
    migrate(*first, 0);
    return first;
  }();
  SQLite::Backup(blank, *made).executeStep();
}

}  // namespace keeper
