#include "store/sqlite_history.h"

#include <sqlite3.h>

#include <chrono>
#include <limits>
#include <utility>

#include "store/connection.h"
#include "store/history_query.h"
#include "store/idle_pool.h"
#include "store/moved.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/session_columns.h"
#include "store/spending_query.h"
#include "store/sqlite.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int steps_between_looks = 2000;  // virtual machine instructions; some 20 microseconds

}  // namespace

class SqliteHistory::Connection {
 public:
  explicit Connection(const std::string& path) : database_(open_for_reading(path)) {
    sqlite3_progress_handler(
        database_->getHandle(), steps_between_looks,
        [](void* self) { return Clock::now() >= static_cast<Connection*>(self)->deadline_ ? 1 : 0; }, this);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void limit(Millis length) { deadline_ = Clock::now() + length; }
  SQLite::Database& database() const { return *database_; }

  // `read_row` reads what follows the cursor, which is the first column.
  template <class Row, class Query, class ReadRow>
  Page<Row> page(const Query& query, ReadRow read_row) {
    KEEPER_CHECK(query.limit > 0);
    SQLite::Statement statement(*database_, list_text(query, Dialect::sqlite));
    sqlite::Binder to(statement);
    bind(to, query);
    Page<Row> page;
    std::int64_t last = 0;
    while (statement.executeStep()) {
      if (page.rows.size() == static_cast<std::size_t>(query.limit)) {
        page.next = last;
        break;
      }
      sqlite::Reader from(statement);
      last = from.integer();
      page.rows.push_back(read_row(from));
    }
    return page;
  }

 private:
  std::unique_ptr<SQLite::Database> database_;
  Clock::time_point deadline_ = Clock::time_point::max();
};

class SqliteHistory::Pool : public IdlePool<Connection> {};

SqliteHistory::SqliteHistory(std::string path, Millis read_limit)
    : path_(std::move(path)), read_limit_(read_limit), pool_(std::make_unique<Pool>()) {}

SqliteHistory::~SqliteHistory() = default;

// A connection that failed is not used again.
template <class Call>
auto SqliteHistory::read(Call&& call) -> decltype(call(std::declval<Connection&>())) {
  int code = 0;
  auto result = sqlite::guarded(path_, &code, [&] {
    std::unique_ptr<Connection> connection = pool_->take();
    if (!connection) connection = std::make_unique<Connection>(path_);
    connection->limit(read_limit_);
    auto answer = call(*connection);
    pool_->give_back(std::move(connection));
    return answer;
  });
  if ((code & 0xff) == SQLITE_INTERRUPT) {
    return Error{ErrorKind::storage, "store " + path_ + ": the read took longer than " +
                                         to_text(read_limit_) + " and was cut off; ask for less"};
  }
  return result;
}

Result<std::unique_ptr<History>> SqliteHistory::open(const std::string& path, Millis read_limit) {
  if (path == memory_path) {
    return Error{ErrorKind::storage,
                 "store " + path + ": a store in memory has no history for other connections"};
  }
  std::unique_ptr<SqliteHistory> history(new SqliteHistory(path, read_limit));
  const Status found = history->read([&](Connection& connection) -> Status {
    const StoreIdentity identity = identify(connection.database());
    if (!identity.ours) return Error{ErrorKind::storage, "store " + path + ": is not a session-keeper store"};
    if (identity.is_moved()) return moved_error(connection.database(), path);
    if (identity.version != store_version) {
      return Error{ErrorKind::storage, "store " + path + ": has schema " + std::to_string(identity.version) +
                                           ", this program reads " + std::to_string(store_version) +
                                           "; use the daemon's version"};
    }
    return Done{};
  });
  if (!found) return found.error();
  return std::unique_ptr<History>(std::move(history));
}

Result<Page<SessionRow>> SqliteHistory::sessions(const SessionQuery& query) {
  return read([&](Connection& connection) -> Result<Page<SessionRow>> {
    return connection.page<SessionRow>(query, read_session);
  });
}

Result<std::vector<SessionRow>> SqliteHistory::ended_since(Wall since, int limit) {
  return read([&](Connection& connection) -> Result<std::vector<SessionRow>> {
    SQLite::Statement statement(connection.database(),
                                "SELECT " + session_column_names() +
                                    " FROM sessions INDEXED BY sessions_by_end WHERE "
                                    "resolved = 1 AND ended_at > ? ORDER BY ended_at DESC LIMIT ?");
    sqlite::Binder(statement).time(since).integer(limit);
    std::vector<SessionRow> rows;
    while (statement.executeStep()) {
      sqlite::Reader from(statement);
      rows.push_back(read_session(from));
    }
    return rows;
  });
}

Result<Page<TransitionRow>> SqliteHistory::transitions(const TransitionQuery& query) {
  return read([&](Connection& connection) -> Result<Page<TransitionRow>> {
    return connection.page<TransitionRow>(query, read_transition);
  });
}

Result<Page<DeliveryRow>> SqliteHistory::deliveries(const DeliveryQuery& query) {
  return read([&](Connection& connection) -> Result<Page<DeliveryRow>> {
    return connection.page<DeliveryRow>(query, read_delivery);
  });
}

Result<Page<MissedRow>> SqliteHistory::missed(const MissedQuery& query) {
  return read([&](Connection& connection) -> Result<Page<MissedRow>> {
    SQLite::Statement statement(
        connection.database(),
        "SELECT occurrence, why, recorded_at FROM missed WHERE plan = ? AND occurrence < ? "
        "ORDER BY occurrence DESC LIMIT ?");
    sqlite::Binder(statement)
        .text(query.plan)
        .integer(query.before.value_or(std::numeric_limits<std::int64_t>::max()))
        .integer(query.limit + 1);
    Page<MissedRow> page;
    while (statement.executeStep()) {
      if (static_cast<int>(page.rows.size()) == query.limit) {
        page.next = page.rows.back().occurrence.time_since_epoch().count();
        break;
      }
      sqlite::Reader from(statement);
      const Wall occurrence = from.time();
      const Missed why = from.word(parse_missed);
      page.rows.push_back({query.plan, occurrence, why, from.time()});
    }
    return page;
  });
}

Result<Page<MessageRow>> SqliteHistory::messages(const MessageQuery& query) {
  return read([&](Connection& connection) -> Result<Page<MessageRow>> {
    Page<MessageRow> page = connection.page<MessageRow>(query, read_message);
    SQLite::Statement notices(connection.database(), std::string("SELECT ") + notice_columns +
                                                         " FROM notices WHERE message = ? ORDER BY n");
    for (MessageRow& row : page.rows) {
      const sqlite::Use use(notices);
      sqlite::Binder(notices).text(row.id);
      while (notices.executeStep()) {
        sqlite::Reader from(notices);
        row.notices.push_back(read_notice(from));
      }
    }
    return page;
  });
}

Result<std::vector<SpentBy>> SqliteHistory::spent(const Period& period, const Prices& prices, Wall now) {
  return read([&](Connection& connection) -> Result<std::vector<SpentBy>> {
    return spent_by_all(connection.database(), period, prices, now);
  });
}

Result<std::optional<SessionRow>> SqliteHistory::session(const SessionId& id) {
  return read([&](Connection& connection) -> Result<std::optional<SessionRow>> {
    SQLite::Statement statement(connection.database(),
                                "SELECT " + session_column_names() + " FROM sessions WHERE id = ?");
    sqlite::Binder(statement).text(id);
    if (!statement.executeStep()) return std::optional<SessionRow>{};
    sqlite::Reader from(statement);
    return std::optional<SessionRow>(read_session(from));
  });
}

Result<std::optional<DeliveryRow>> SqliteHistory::delivery(std::int64_t id) {
  return read([&](Connection& connection) -> Result<std::optional<DeliveryRow>> {
    SQLite::Statement statement(connection.database(),
                                std::string("SELECT ") + delivery_columns +
                                    ", d.body FROM deliveries d LEFT JOIN sessions s ON s.number = d.session "
                                    "WHERE d.id = ?");
    sqlite::Binder(statement).integer(id);
    if (!statement.executeStep()) return std::optional<DeliveryRow>{};
    sqlite::Reader from(statement);
    DeliveryRow row = read_delivery(from);
    row.body = from.text();
    return std::optional<DeliveryRow>(std::move(row));
  });
}

Result<std::shared_ptr<const BackupCopy>> SqliteHistory::backup() { return BackupCopy::make(path_); }

}  // namespace keeper
