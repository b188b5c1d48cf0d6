#include "store/lookups.h"

#include <string>
#include <utility>

#include "store/rows.h"
#include "store/session_columns.h"
#include "store/spending_query.h"
#include "store/sqlite.h"

namespace keeper {
namespace {

// A read transaction of several statements, because its locks cost more than the lookups do.
class Together {
 public:
  // A failure is the first lookup's to tell.
  explicit Together(SQLite::Database& database) : database_(database) { database_.tryExec("BEGIN"); }
  ~Together() { database_.tryExec("COMMIT"); }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  SQLite::Database& database_;
};

}  // namespace

Lookups::Lookups(SQLite::Database& database)
    : database_(database),
      seen_(database,
            "SELECT EXISTS (SELECT 1 FROM deliveries WHERE provider = ?1 AND key = ?2), "
            "(SELECT id FROM sessions INDEXED BY sessions_by_remote "
            "WHERE remote_id = ?3 AND provider = ?1 ORDER BY number DESC LIMIT 1)"),
      find_remote_(database, "SELECT " + session_column_names() +
                                 " FROM sessions INDEXED BY sessions_by_remote "
                                 "WHERE remote_id = ? AND provider = ? ORDER BY number DESC LIMIT 1"),
      find_row_(database, "SELECT " + session_column_names() + " FROM sessions WHERE id = ?"),
      read_delivery_(database,
                     std::string("SELECT ") + delivery_columns +
                         " FROM deliveries d LEFT JOIN sessions s ON s.number = d.session WHERE d.id = ?") {}

Findings Lookups::answer(const Questions& questions) {
  std::optional<Together> together;
  if (questions.deliveries.size() + questions.remotes.size() + questions.sessions.size() +
          questions.held.size() + questions.periods.size() >
      1) {
    together.emplace(database_);
  }
  Findings findings;
  for (const Period& period : questions.periods) {
    findings.spent.push_back(spent_by_ended(database_, period, questions.prices));
  }
  findings.seen.reserve(questions.deliveries.size());
  for (const Questions::OfDelivery& one : questions.deliveries) findings.seen.push_back(seen(one));
  findings.known.reserve(questions.remotes.size());
  for (const Questions::OfRemote& one : questions.remotes) findings.known.push_back(known(one));
  findings.sessions.reserve(questions.sessions.size());
  for (const SessionId& id : questions.sessions) findings.sessions.push_back(session(id));
  for (const std::int64_t id : questions.held) {
    if (std::optional<DeliveryRow> row = delivery(id)) findings.held.emplace(id, *std::move(row));
  }
  return findings;
}

Seen Lookups::seen(const Questions::OfDelivery& one) {
  const sqlite::Use use(seen_);
  sqlite::Binder(seen_).text(one.provider).text(one.key).text(one.remote);
  seen_.executeStep();
  sqlite::Reader from(seen_);
  const bool delivery = from.boolean();
  return {delivery, from.optional_id<SessionId>()};
}

std::optional<SessionRow> Lookups::known(const Questions::OfRemote& one) {
  {
    const sqlite::Use use(find_remote_);
    sqlite::Binder(find_remote_).text(one.id).text(one.provider);
    if (find_remote_.executeStep()) {
      sqlite::Reader from(find_remote_);
      return read_session(from);
    }
  }
  return one.tag ? session(*one.tag) : std::nullopt;
}

std::optional<SessionRow> Lookups::session(const SessionId& id) {
  const sqlite::Use use(find_row_);
  sqlite::Binder(find_row_).text(id);
  if (!find_row_.executeStep()) return std::nullopt;
  sqlite::Reader from(find_row_);
  return read_session(from);
}

std::optional<DeliveryRow> Lookups::delivery(std::int64_t id) {
  const sqlite::Use use(read_delivery_);
  sqlite::Binder(read_delivery_).integer(id);
  if (!read_delivery_.executeStep()) return std::nullopt;
  sqlite::Reader from(read_delivery_);
  return read_delivery(from);
}

}  // namespace keeper
