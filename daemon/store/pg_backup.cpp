#include "store/pg_backup.h"

#include <memory>

#include "store/connection.h"
#include "store/copied_tables.h"
#include "store/pg_schema.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store_backup.h"

namespace keeper {
namespace {

using std::string;

constexpr Millis fetch_limit = Seconds{60};
const string fetch_text = "FETCH 100 FROM rows";  // of deliveries with bodies as well
const string close_text = "CLOSE rows";

class Departure {
 public:
  Departure(pg::Connection& connection, const string& schema, SQLite::Database& to)
      : connection_(connection), schema_(schema), to_(to) {}

  void copy_all() {
    pg::run(connection_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", fetch_limit);
    migrate(to_, 0);
    to_.exec("BEGIN");
    to_.exec("INSERT INTO meta(one, instance) VALUES (1, '')");
    for (const CopiedTable& table : copied_tables()) copy(table);
    copy_last_seq();
    to_.exec("COMMIT");
    pg::run(connection_, pg::commit_text, fetch_limit);
  }

 private:
  void copy(const CopiedTable& table) {
    string write_text = table.write;
    std::erase(write_text, '@');
    SQLite::Statement write(to_, write_text);
    const string declare = "DECLARE rows NO SCROLL CURSOR FOR " + pg::in_schema(table.select, schema_);
    pg::run(connection_, declare, fetch_limit);
    while (true) {
      const pg::Rows rows = pg::run(connection_, fetch_text, fetch_limit);
      if (rows.count() == 0) break;
      for (int i = 0; i < rows.count(); ++i) {
        pg::Reader from(rows, i);
        const CopiedRow row(from, table.columns);
        const sqlite::Use use(write);
        sqlite::Binder to(write);
        row.bind(to);
        write.exec();
      }
    }
    pg::run(connection_, close_text, fetch_limit);
  }

  // Retention may have taken the transitions with the last numbers, which are never given again.
  void copy_last_seq() {
    const string text = pg::in_schema("SELECT last_seq FROM @lead WHERE shard = 'all'", schema_);
    const pg::Rows rows = pg::run(connection_, text, fetch_limit);
    if (rows.count() != 1) sql::fail_corrupt("has lost the row that says who leads");
    const std::int64_t last = pg::Reader(rows, 0).integer();
    to_.exec("DELETE FROM sqlite_sequence WHERE name = 'transitions'");
    SQLite::Statement sequence(to_, "INSERT INTO sqlite_sequence(name, seq) VALUES ('transitions', ?)");
    sqlite::Binder(sequence).integer(last);
    sequence.exec();
  }

  pg::Connection& connection_;
  const string& schema_;
  SQLite::Database& to_;
};

Status copy_database(const PgSettings& settings, const string& location, const string& destination) {
  const auto connection = pg::Connection::open(settings.url.reveal(), settings.password.reveal(), Seconds{5});
  if (!identify(*connection, settings.schema, fetch_limit).is_readable()) {
    return Error{ErrorKind::storage,
                 "store " + location + ": is no session-keeper store that this version can read"};
  }
  const auto database = open_for_writing(destination);
  // A copy that is broken off is removed, and one that is whole is synced.
  database->exec("PRAGMA journal_mode = OFF");
  database->exec("PRAGMA synchronous = OFF");
  database->exec("PRAGMA foreign_keys = ON");
  Departure(*connection, settings.schema, *database).copy_all();
  return Done{};
}

}  // namespace

Status backup_database(const PgSettings& settings, const string& destination) {
  const string location = pg_location(settings);
  return write_backup(destination, [&] {
    return pg::guarded(
        location,
        [&] {
          int code = 0;
          return sqlite::guarded(destination, &code,
                                 [&] { return copy_database(settings, location, destination); });
        },
        [](const pg::Failed&) { return ErrorKind::storage; });
  });
}

}  // namespace keeper
