#include "store/sql.h"

#include <sqlite3.h>

#include <limits>

namespace keeper::sql {
namespace {

std::string_view cure(int primary) {
  switch (primary) {
    case SQLITE_FULL:
      return "free space on its file system";
    case SQLITE_IOERR:
      return "check the file system and the disk";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return "check that the file and its directory can be written by this user";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "restore it from a backup, or move it away to begin anew";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "close the other program that has it open for writing";
    default:
      return "";
  }
}

}  // namespace

Error storage_error(const std::string& path, int code, std::string_view detail) {
  std::string what = "store " + path + ": " + std::string(detail);
  const std::string_view advice = cure(code & 0xff);
  if (!advice.empty()) what += "; " + std::string(advice);
  return {ErrorKind::storage, std::move(what)};
}

bool spoils_connection(int code) {
  switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_INTERRUPT:
      return false;
    default:
      return true;
  }
}

void fail_corrupt(const std::string& what) { throw SQLite::Exception(what, SQLITE_CORRUPT); }

std::int64_t query_int(const SQLite::Database& database, const std::string& text) {
  SQLite::Statement statement(database, text);
  if (!statement.executeStep()) fail_corrupt("gives no answer to " + text);
  return statement.getColumn(0).getInt64();
}

std::string query_text(const SQLite::Database& database, const std::string& text) {
  SQLite::Statement statement(database, text);
  if (!statement.executeStep()) fail_corrupt("gives no answer to " + text);
  return statement.getColumn(0).getString();
}

Binder& Binder::integer(std::int64_t value) {
  statement_.bind(next_++, value);
  return *this;
}

Binder& Binder::text(const std::string& value) {
  statement_.bindNoCopy(next_++, value);
  return *this;
}

Binder& Binder::copy(const std::string& value) {
  statement_.bind(next_++, value);
  return *this;
}

Binder& Binder::name(std::string_view literal) {
  statement_.bindNoCopy(next_++, literal.data());
  return *this;
}

Binder& Binder::blob(const std::string& value) {
  statement_.bindNoCopy(next_++, value.data(), static_cast<int>(value.size()));
  return *this;
}

Binder& Binder::time(Wall value) { return integer(value.time_since_epoch().count()); }

Binder& Binder::null() {
  statement_.bind(next_++);
  return *this;
}

bool Reader::is_null() const { return statement_.isColumnNull(next_); }

std::int64_t Reader::integer() { return statement_.getColumn(next_++).getInt64(); }

int Reader::small() {
  const std::int64_t value = integer();
  if (value < 0 || value > std::numeric_limits<int>::max()) fail_corrupt("holds a number out of range");
  return static_cast<int>(value);
}

std::string Reader::text() { return statement_.getColumn(next_++).getString(); }

std::optional<Wall> Reader::optional_time() {
  if (is_null()) return skip(), std::nullopt;
  return time();
}

}  // namespace keeper::sql
