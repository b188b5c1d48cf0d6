#include "store/session_columns.h"

#include <SQLiteCpp/Database.h>

#include <set>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/store_kit.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

// What a column would hold, as SQLite writes it in a statement.
std::string stored(const SQLite::Database& database, const SessionColumn& column, const SessionRow& row) {
  SQLite::Statement statement(database, "SELECT quote(?1)");
  sqlite::Binder to(statement);
  column.bind(to, row);
  statement.executeStep();
  return statement.getColumn(0).getString();
}

}  // namespace

TEST_CASE("the columns of a session are those of its table, apart from the two that the store fills in") {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(database, 0);
  std::set<std::string> in_table;
  SQLite::Statement columns(database, "SELECT name FROM pragma_table_info('sessions')");
  while (columns.executeStep()) in_table.insert(columns.getColumn(0).getString());
  CHECK(in_table.erase("number") + in_table.erase("chain_head") == 2);
  std::set<std::string> listed;
  for (const SessionColumn& column : session_columns()) listed.emplace(column.name);
  CHECK(listed == in_table);
  CHECK(listed.size() == session_columns().size());
}

// Without this a new field could be left out of the row that the tests store and read back.
TEST_CASE("the full session of these tests sets every column to something of its own") {
  const SQLite::Database database(":memory:");
  for (const SessionColumn& column : session_columns()) {
    INFO(column.name);
    CHECK(stored(database, column, full_session()) != stored(database, column, SessionRow{}));
  }
}
