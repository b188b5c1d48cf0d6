#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "store/store_world.h"

namespace keeper::kit {
namespace {

class SqliteWorld final : public StoreWorld {
 public:
  std::unique_ptr<Store> open() override { return open_store(path_); }
  std::unique_ptr<History> history() override { return open_history(path_); }

  Verification verify() override {
    auto result = verify_store(path_);
    if (!result) FAIL(result.error().what);
    return std::move(*result);
  }

  std::string sql(const std::string& text) override {
    SQLite::Database database(path_, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA foreign_keys = ON");
    database.exec(
        "DROP TRIGGER IF EXISTS transitions_never_change; DROP TRIGGER IF EXISTS transitions_stay;"
        "DROP TRIGGER IF EXISTS sessions_never_go_back");
    SQLite::Statement statement(database, text);
    return statement.executeStep() && statement.getColumnCount() > 0 ? statement.getColumn(0).getString()
                                                                     : "";
  }

 private:
  TempDirectory directory_;
  std::string path_ = directory_.file("s.db");
};

}  // namespace

std::unique_ptr<StoreWorld> sqlite_world() { return std::make_unique<SqliteWorld>(); }

}  // namespace keeper::kit
