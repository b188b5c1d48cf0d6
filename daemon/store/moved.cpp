#include "store/moved.h"

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <optional>

#include "base/time.h"
#include "store/connection.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace keeper {
namespace {

using std::string;

void set_version(SQLite::Database& database, int version) {
  database.exec("PRAGMA user_version = " + std::to_string(version));
}

// What `change` does in one transaction.
template <class Change>
void change_at_once(SQLite::Database& database, Change&& change) {
  database.exec("BEGIN IMMEDIATE");
  try {
    change();
    database.exec("COMMIT");
  } catch (const SQLite::Exception&) {
    database.tryExec("ROLLBACK");
    throw;
  }
}

}  // namespace

Error moved_error(const SQLite::Database& database, const string& path) {
  const string to = sqlite::query_text(database, "SELECT place FROM moved");
  const Wall at{Millis{sqlite::query_int(database, "SELECT at FROM moved")}};
  return {ErrorKind::storage,
          "store " + path + ": was moved to " + to + " at " + to_rfc3339(at) +
              "; give that as store.url. Only if no daemon has used it there: `session-keeper move-store "
              "--undo --from " +
              path + "` makes this file a store again"};
}

Status mark_as_moved(const string& path, const string& to) {
  int code = 0;
  return sqlite::guarded(path, &code, [&]() -> Status {
    const auto database = open_for_writing(path);
    make_durable(*database);
    const StoreIdentity identity = identify(*database);
    change_at_once(*database, [&] {
      database->exec("CREATE TABLE moved(place TEXT NOT NULL, at INTEGER NOT NULL) STRICT");
      SQLite::Statement note(*database, "INSERT INTO moved VALUES (?, ?)");
      sqlite::Binder(note).text(to).time(wall_now());
      note.exec();
      set_version(*database, identity.version + moved_version);
    });
    checkpoint_on_close(*database, true);
    return Done{};
  });
}

Result<bool> take_back_moved(const string& path) {
  if (!std::filesystem::exists(path)) return Error{ErrorKind::storage, "store " + path + ": is not there"};
  Result<std::optional<StoreLock>> lock = StoreLock::take(path);
  if (!lock) return lock.error();
  if (!*lock) {
    return Error{ErrorKind::storage, "store " + path + ": is used by process " + StoreLock::holder(path) +
                                         "; stop that daemon first"};
  }
  const Result<bool> alone = (**lock).take_file(path);
  if (!alone) return alone.error();
  if (!*alone) return Error{ErrorKind::storage, "store " + path + ": is used under another name"};
  int code = 0;
  return sqlite::guarded(path, &code, [&]() -> Result<bool> {
    const auto database = open_for_writing(path);
    const StoreIdentity identity = identify(*database);
    if (!identity.ours) return Error{ErrorKind::storage, "store " + path + ": is not a session-keeper store"};
    if (!identity.is_moved()) return false;
    make_durable(*database);
    change_at_once(*database, [&] {
      database->exec("DROP TABLE moved");
      set_version(*database, identity.version - moved_version);
    });
    checkpoint_on_close(*database, true);
    return true;
  });
}

}  // namespace keeper
