#include "store/sqlite.h"

namespace keeper::sqlite {
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

// The rows are to blame, and the store works.
bool is_refusal(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

}  // namespace

Error storage_error(const std::string& path, int code, std::string_view detail) {
  std::string what = "store " + path + ": " + std::string(detail);
  const std::string_view advice = cure(code & 0xff);
  if (!advice.empty()) what += "; " + std::string(advice);
  return {is_refusal(code) ? ErrorKind::malformed : ErrorKind::storage, std::move(what)};
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

std::int64_t query_int(const SQLite::Database& database, const std::string& text) {
  SQLite::Statement statement(database, text);
  if (!statement.executeStep()) sql::fail_corrupt("gives no answer to " + text);
  return statement.getColumn(0).getInt64();
}

std::string query_text(const SQLite::Database& database, const std::string& text) {
  SQLite::Statement statement(database, text);
  if (!statement.executeStep()) sql::fail_corrupt("gives no answer to " + text);
  return statement.getColumn(0).getString();
}

void Binder::put_integer(std::int64_t value) { statement_.bind(next_++, value); }

void Binder::put_text(const std::string& value) { statement_.bindNoCopy(next_++, value); }

void Binder::put_copy(const std::string& value) { statement_.bind(next_++, value); }

void Binder::put_name(std::string_view literal) { statement_.bindNoCopy(next_++, literal.data()); }

void Binder::put_blob(const std::string& value) {
  statement_.bindNoCopy(next_++, value.data(), static_cast<int>(value.size()));
}

void Binder::put_null() { statement_.bind(next_++); }

bool Reader::null_at(int column) const { return statement_.isColumnNull(column); }

sql::Kind Reader::kind_at(int column) const {
  const SQLite::Column value = statement_.getColumn(column);
  if (value.isNull()) return sql::Kind::null;
  if (value.isInteger()) return sql::Kind::integer;
  return value.isText() ? sql::Kind::text : sql::Kind::bytes;
}

std::int64_t Reader::integer_at(int column) const { return statement_.getColumn(column).getInt64(); }

std::string Reader::text_at(int column) const { return statement_.getColumn(column).getString(); }

}  // namespace keeper::sqlite
