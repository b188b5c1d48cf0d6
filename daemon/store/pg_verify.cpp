#include "store/pg_verify.h"

#include <string>

#include "store/pg_schema.h"
#include "store/rows.h"
#include "store/verifier.h"

namespace keeper {
namespace {

using std::string;

constexpr int sessions_a_read = 1000;
constexpr int deliveries_a_read = 100;  // with bodies
constexpr Millis limit_of_reads = Seconds{30};

class PgCheck {
 public:
  PgCheck(pg::Connection& connection, const string& schema) : connection_(connection), schema_(schema) {}

  Verification all() {
    pg::run(connection_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", limit_of_reads);
    removals();
    chains();
    bodies();
    pg::run(connection_, pg::commit_text, limit_of_reads);
    return verifier_.take();
  }

 private:
  void removals() {
    const string text =
        sql("SELECT ((SELECT SUM(sessions) FROM @session_counts) - (SELECT removed_sessions FROM "
            "@meta))::bigint, "
            "(SELECT COUNT(*) FROM @sessions)");
    const pg::Rows rows = pg::run(connection_, text, limit_of_reads);
    pg::Reader from(rows, 0);
    const std::int64_t recorded = from.integer();
    verifier_.sessions_kept(recorded, from.integer());
  }

  void chains() {
    const string sessions_text =
        sql("SELECT number, id, state, chain_head FROM @sessions WHERE number > $1 ORDER BY number LIMIT $2");
    const string transitions_text =
        sql(string("SELECT t.session, ") + transition_columns +
            ", t.hash FROM @transitions t JOIN @sessions s ON s.number = t.session "
            "WHERE t.session > $1 AND t.session <= $2 ORDER BY t.session, t.ordinal");
    for (std::int64_t after = 0;;) {
      const pg::Rows sessions = pg::run(connection_, sessions_text, limit_of_reads, [&](pg::Parameters& to) {
        to.integer(after).integer(sessions_a_read);
      });
      if (sessions.count() == 0) return;
      const std::int64_t last = pg::Reader(sessions, sessions.count() - 1).integer();
      const pg::Rows transitions = pg::run(connection_, transitions_text, limit_of_reads,
                                           [&](pg::Parameters& to) { to.integer(after).integer(last); });
      check(sessions, transitions);
      after = last;
    }
  }

  void check(const pg::Rows& sessions, const pg::Rows& transitions) {
    int next = 0;
    for (int i = 0; i < sessions.count(); ++i) {
      pg::Reader from(sessions, i);
      const std::int64_t number = from.integer();
      const string id = from.text();
      const string state = from.text();
      verifier_.begin_session(id, state, from.text());
      for (; next < transitions.count(); ++next) {
        pg::Reader row(transitions, next);
        if (row.integer() != number) break;
        const TransitionRow transition = read_transition(row);
        verifier_.transition(transition, row.text());
      }
      verifier_.end_session();
    }
  }

  void bodies() {
    const string text =
        sql("SELECT id, key, digest, body FROM @deliveries WHERE id > $1 ORDER BY id LIMIT $2");
    for (std::int64_t after = 0;;) {
      const pg::Rows rows = pg::run(connection_, text, limit_of_reads, [&](pg::Parameters& to) {
        to.integer(after).integer(deliveries_a_read);
      });
      if (rows.count() == 0) return;
      for (int i = 0; i < rows.count(); ++i) {
        pg::Reader from(rows, i);
        after = from.integer();
        const string key = from.text();
        const string digest = from.text();
        verifier_.delivery(key, digest, from.text());
      }
    }
  }

  string sql(std::string_view text) const { return pg::in_schema(text, schema_); }

  pg::Connection& connection_;
  const string& schema_;
  Verifier verifier_;
};

}  // namespace

Result<Verification> verify_store(const PgSettings& settings) {
  const string location = pg_location(settings);
  return pg::guarded(
      location,
      [&]() -> Result<Verification> {
        const auto connection =
            pg::Connection::open(settings.url.reveal(), settings.password.reveal(), Seconds{5});
        if (!identify(*connection, settings.schema, limit_of_reads).is_readable()) {
          return Error{ErrorKind::storage,
                       "store " + location + ": is no session-keeper store that this version can read"};
        }
        return PgCheck(*connection, settings.schema).all();
      },
      [](const pg::Failed&) { return ErrorKind::storage; });
}

}  // namespace keeper
