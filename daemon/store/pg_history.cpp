#include "store/pg_history.h"

#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "store/history_query.h"
#include "store/pg_backup.h"
#include "store/pg_schema.h"
#include "store/pg_spending.h"
#include "store/rows.h"
#include "store/session_columns.h"

namespace keeper {
namespace {

using std::string;

constexpr const char* cut_off = "57014";  // query_canceled
constexpr Millis connect_limit_of_reads = Seconds{5};
const string begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

template <class Row, class ReadRow>
std::optional<Row> first_row(const pg::Rows& rows, ReadRow read_row) {
  if (rows.count() == 0) return std::nullopt;
  pg::Reader from(rows, 0);
  return read_row(from);
}

}  // namespace

PgHistory::PgHistory(const PgSettings& settings, Millis read_limit)
    : settings_(settings),
      location_(pg_location(settings)),
      read_limit_(read_limit),
      limit_text_("SET LOCAL statement_timeout = " + std::to_string(read_limit.count())) {}

Result<std::unique_ptr<History>> PgHistory::open(const PgSettings& settings, Millis read_limit) {
  KEEPER_CHECK(read_limit > Millis{0});
  std::unique_ptr<PgHistory> history(new PgHistory(settings, read_limit));
  const Status found = pg::guarded(
      history->location_,
      [&]() -> Status {
        auto connection = history->connect(connect_limit_of_reads);
        const PgIdentity identity = identify(*connection, settings.schema, read_limit);
        if (!identity.is_readable()) {
          return Error{ErrorKind::storage,
                       "store " + history->location_ +
                           (identity.blank ? ": is not a session-keeper store"
                                           : ": cannot be read by this version; use the daemon's")};
        }
        history->pool_.give_back(std::move(connection));
        return Done{};
      },
      [](const pg::Failed&) { return ErrorKind::storage; });
  if (!found) return found.error();
  return std::unique_ptr<History>(std::move(history));
}

std::unique_ptr<History> PgHistory::at(const PgSettings& settings) {
  return std::unique_ptr<History>(new PgHistory(settings, Seconds{5}));
}

std::unique_ptr<pg::Connection> PgHistory::connect(Millis limit) const {
  return pg::Connection::open(settings_.url.reveal(), settings_.password.reveal(), limit);
}

template <class Bind>
pg::Rows PgHistory::run_on(pg::Connection& connection, const string& text, Bind&& bind, Mono until) {
  pg::Pipeline pipeline(connection);
  pipeline.add(begin_read);
  pipeline.add(limit_text_);
  bind(pipeline.add(text));
  pipeline.add(pg::commit_text);
  std::vector<pg::Rows> rows = pipeline.run(until - BootClock::now());
  return std::move(rows.at(2));
}

template <class Bind, class Take>
auto PgHistory::read(const string& text, Bind&& bind, Take&& take)
    -> Result<decltype(take(std::declval<const pg::Rows&>()))> {
  using Taken = decltype(take(std::declval<const pg::Rows&>()));
  bool late = false;
  Result<Taken> result = pg::guarded(
      location_,
      [&]() -> Result<Taken> {
        std::unique_ptr<pg::Connection> connection = pool_.take();
        const bool is_kept = connection != nullptr;
        if (!is_kept) connection = connect(connect_limit_of_reads);
        const Mono until = BootClock::now() + read_limit_ + Seconds{1};
        std::optional<pg::Rows> rows;
        try {
          rows = run_on(*connection, text, bind, until);
        } catch (const pg::Failed& failure) {
          const Millis left = until - BootClock::now();
          if (!is_kept || !failure.is_of_connection() || left <= Millis{}) throw;
          connection = connect(left);
          rows = run_on(*connection, text, bind, until);
        }
        pool_.give_back(std::move(connection));
        return take(*rows);
      },
      [&](const pg::Failed& failure) {
        late = failure.state() == cut_off;
        return ErrorKind::storage;
      });
  if (late) {
    return Error{ErrorKind::storage, "store " + location_ + ": the read took longer than " +
                                         to_text(read_limit_) + " and was cut off; ask for less"};
  }
  return result;
}

// `read_row` reads what follows the cursor, which is the first column.
template <class Row, class Query, class ReadRow>
Result<Page<Row>> PgHistory::page(const Query& query, ReadRow read_row) {
  KEEPER_CHECK(query.limit > 0);
  const string text = sql(list_text(query, Dialect::postgresql));
  return read(
      text, [&](pg::Parameters& to) { keeper::bind(to, query); },
      [&](const pg::Rows& rows) {
        Page<Row> page;
        std::int64_t last = 0;
        for (int i = 0; i < rows.count(); ++i) {
          if (i == query.limit) {
            page.next = last;
            break;
          }
          pg::Reader from(rows, i);
          last = from.integer();
          page.rows.push_back(read_row(from));
        }
        return page;
      });
}

Result<Page<SessionRow>> PgHistory::sessions(const SessionQuery& query) {
  return page<SessionRow>(query, read_session);
}

Result<Page<TransitionRow>> PgHistory::transitions(const TransitionQuery& query) {
  return page<TransitionRow>(query, read_transition);
}

Result<Page<DeliveryRow>> PgHistory::deliveries(const DeliveryQuery& query) {
  return page<DeliveryRow>(query, read_delivery);
}

Result<std::vector<SessionRow>> PgHistory::ended_since(Wall since, int limit) {
  const string text =
      sql("SELECT " + session_column_names() +
          " FROM @sessions WHERE resolved = 1 AND ended_at > $1 ORDER BY ended_at DESC LIMIT $2");
  return read(
      text, [&](pg::Parameters& to) { to.time(since).integer(limit); },
      [](const pg::Rows& rows) {
        std::vector<SessionRow> sessions;
        for (int i = 0; i < rows.count(); ++i) {
          pg::Reader from(rows, i);
          sessions.push_back(read_session(from));
        }
        return sessions;
      });
}

Result<Page<MissedRow>> PgHistory::missed(const MissedQuery& query) {
  const string text =
      sql("SELECT occurrence, why, recorded_at FROM @missed WHERE plan = $1 AND occurrence < $2 "
          "ORDER BY occurrence DESC LIMIT $3");
  return read(
      text,
      [&](pg::Parameters& to) {
        to.text(query.plan)
            .integer(query.before.value_or(std::numeric_limits<std::int64_t>::max()))
            .integer(query.limit + 1);
      },
      [&](const pg::Rows& rows) {
        Page<MissedRow> page;
        for (int i = 0; i < rows.count(); ++i) {
          if (i == query.limit) {
            page.next = page.rows.back().occurrence.time_since_epoch().count();
            break;
          }
          pg::Reader from(rows, i);
          const Wall occurrence = from.time();
          const Missed why = from.word(parse_missed);
          page.rows.push_back({query.plan, occurrence, why, from.time()});
        }
        return page;
      });
}

Result<Page<MessageRow>> PgHistory::messages(const MessageQuery& query) {
  Result<Page<MessageRow>> page = this->page<MessageRow>(query, read_message);
  if (!page || page->rows.empty()) return page;
  std::map<std::string_view, MessageRow*> rows_by_id;
  std::vector<std::string_view> ids;
  for (MessageRow& row : page->rows) {
    rows_by_id.emplace(row.id, &row);
    ids.push_back(row.id);
  }
  const string text = sql(string("SELECT message, ") + notice_columns +
                          " FROM @notices WHERE message = ANY($1::text[]) ORDER BY message, n");
  const Result<bool> told = read(
      text, [&](pg::Parameters& to) { to.texts(ids); },
      [&](const pg::Rows& rows) {
        for (int i = 0; i < rows.count(); ++i) {
          pg::Reader from(rows, i);
          const string id = from.text();
          rows_by_id.at(id)->notices.push_back(read_notice(from));
        }
        return true;
      });
  if (!told) return told.error();
  return page;
}

Result<std::vector<SpentBy>> PgHistory::spent(const Period& period, const Prices& prices, Wall now) {
  return read(
      spending_text(settings_.schema, SpentOf::all),
      [&](pg::Parameters& to) { bind_spending(to, period, prices, now); }, read_spending);
}

Result<std::optional<SessionRow>> PgHistory::session(const SessionId& id) {
  const string text = sql("SELECT " + session_column_names() + " FROM @sessions WHERE id = $1");
  return read(
      text, [&](pg::Parameters& to) { to.text(id); },
      [](const pg::Rows& rows) { return first_row<SessionRow>(rows, read_session); });
}

Result<std::optional<DeliveryRow>> PgHistory::delivery(std::int64_t id) {
  const string text =
      sql(string("SELECT ") + delivery_columns +
          ", d.body FROM @deliveries d LEFT JOIN @sessions s ON s.number = d.session WHERE d.id = $1");
  return read(
      text, [&](pg::Parameters& to) { to.integer(id); },
      [](const pg::Rows& rows) {
        return first_row<DeliveryRow>(rows, [](sql::Reader& from) {
          DeliveryRow row = read_delivery(from);
          row.body = from.text();
          return row;
        });
      });
}

Result<std::shared_ptr<const BackupCopy>> PgHistory::backup() {
  const Result<std::int64_t> bytes = read(
      sql("SELECT bytes FROM @lead WHERE shard = 'all'"), [](pg::Parameters&) {},
      [](const pg::Rows& rows) { return rows.count() == 1 ? pg::Reader(rows, 0).integer() : 0; });
  if (!bytes) return bytes.error();
  const string path = settings_.directory + "/session-keeper.backup";
  return BackupCopy::make(path, static_cast<std::uint64_t>(*bytes),
                          [&] { return backup_database(settings_, path); });
}

}  // namespace keeper
