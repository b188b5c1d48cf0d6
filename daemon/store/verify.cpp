#include "store/verify.h"

#include <sqlite3.h>

#include <chrono>

#include "store/connection.h"
#include "store/lock.h"
#include "store/moved.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/verifier.h"

namespace keeper {
namespace {

using std::string;
using Clock = std::chrono::steady_clock;

constexpr int rows_a_read = 1000;  // so that no read transaction is long
constexpr std::chrono::seconds read_limit{5};

class Check {
 public:
  explicit Check(const SQLite::Database& database)
      : database_(database),
        sessions_(database,
                  "SELECT number, id, state, chain_head FROM sessions WHERE number > ? "
                  "ORDER BY number LIMIT ?"),
        transitions_(database,
                     string("SELECT ") + transition_columns +
                         ", t.hash FROM transitions t CROSS JOIN sessions s ON s.number = t.session "
                         "WHERE t.session = ? ORDER BY t.ordinal"),
        deliveries_(database,
                    "SELECT id, key, digest, body FROM deliveries WHERE id > ? ORDER BY id LIMIT ?") {}

  void pages(bool in_use) {
    const Clock::time_point deadline = Clock::now() + read_limit;
    const auto is_late = [](void* at) {
      return Clock::now() >= *static_cast<const Clock::time_point*>(at) ? 1 : 0;
    };
    auto moment = deadline;
    if (in_use) sqlite3_progress_handler(database_.getHandle(), 2000, is_late, &moment);
    try {
      report("PRAGMA integrity_check(100)", "ok");
      report("PRAGMA foreign_key_check", "");
    } catch (const SQLite::Exception& failure) {
      if ((failure.getErrorCode() & 0xff) != SQLITE_INTERRUPT)
        verifier_.add_problem(failure.what());
      else
        verifier_.add_note("a daemon uses the store: its pages were not all checked; verify a backup");
    }
    sqlite3_progress_handler(database_.getHandle(), 0, nullptr, nullptr);
  }

  void chains() {
    for (std::int64_t after = 0, from = -1; after != from;) {
      from = after;
      const sqlite::Use use(sessions_);
      sqlite::Binder(sessions_).integer(from).integer(rows_a_read);
      while (sessions_.executeStep()) {
        sqlite::Reader row(sessions_);
        after = row.integer();
        const string id = row.text();
        const string state = row.text();
        chain(after, id, state, row.text());
      }
    }
  }

  void removals() {
    const std::int64_t recorded = sqlite::query_int(
        database_, "SELECT (SELECT SUM(sessions) FROM session_counts) - (SELECT removed_sessions FROM meta)");
    const std::int64_t kept = sqlite::query_int(database_, "SELECT COUNT(*) FROM sessions");
    verifier_.sessions_kept(recorded, kept);
  }

  void bodies() {
    for (std::int64_t after = 0, from = -1; after != from;) {
      from = after;
      const sqlite::Use use(deliveries_);
      sqlite::Binder(deliveries_).integer(from).integer(rows_a_read);
      while (deliveries_.executeStep()) {
        sqlite::Reader row(deliveries_);
        after = row.integer();
        const string key = row.text();
        const string digest = row.text();
        verifier_.delivery(key, digest, row.text());
      }
    }
  }

  Verification take() { return verifier_.take(); }

 private:
  void report(const char* pragma, std::string_view good) {
    SQLite::Statement statement(database_, pragma);
    while (statement.executeStep()) {
      const string answer = statement.getColumn(0).getString();
      if (answer != good) verifier_.add_problem(answer);
    }
  }

  void chain(std::int64_t number, const string& id, const string& state, const string& head) {
    const sqlite::Use use(transitions_);
    sqlite::Binder(transitions_).integer(number);
    verifier_.begin_session(id, state, head);
    while (transitions_.executeStep()) {
      sqlite::Reader row(transitions_);
      const TransitionRow transition = read_transition(row);
      verifier_.transition(transition, row.text());
    }
    verifier_.end_session();
  }

  const SQLite::Database& database_;
  SQLite::Statement sessions_;
  SQLite::Statement transitions_;
  SQLite::Statement deliveries_;
  Verifier verifier_;
};

Result<Verification> verify_file(const std::string& path, bool in_use) {
  int code = 0;
  return sqlite::guarded(path, &code, [&]() -> Result<Verification> {
    const auto database = open_for_reading(path);
    const StoreIdentity identity = identify(*database);
    if (identity.is_moved()) return moved_error(*database, path);
    if (!identity.ours || identity.version != store_version) {
      return Error{ErrorKind::storage, "store " + path + ": is not a session-keeper store of schema " +
                                           std::to_string(store_version)};
    }
    Check check(*database);
    check.pages(in_use);
    check.removals();
    check.chains();
    check.bodies();
    return check.take();
  });
}

}  // namespace

Result<Verification> verify_store(const std::string& path) {
  return verify_file(path, StoreLock::is_held(path));
}

Result<Verification> verify_locked_store(const std::string& path) { return verify_file(path, false); }

}  // namespace keeper
