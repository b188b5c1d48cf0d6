// What the files of the SQLite store share over SQLiteCpp: values are bound and read by position, and
// SQLite's failures become errors. For this module alone; each object belongs to the thread of its
// connection. SQLite::Exception and sql::Corrupt never leave the module, because every public function of it
// runs in guarded().
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "store/sql.h"

namespace keeper::sqlite {

// `code` is SQLite's, extended or not. The kind is `malformed` where the values were refused.
Error storage_error(const std::string& path, int code, std::string_view detail);

// True where a connection may not be used after a failure with this code, because its state may differ from
// the file's.
bool spoils_connection(int code);

// Runs `call`, which returns a Result. An exception becomes an Error, and its code is put in `*code`.
template <class Call>
auto guarded(const std::string& path, int* code, Call&& call) -> decltype(call()) {
  *code = 0;
  try {
    return std::forward<Call>(call)();
  } catch (const SQLite::Exception& failure) {
    *code = failure.getErrorCode();
    return storage_error(path, *code, failure.what());
  } catch (const sql::Corrupt& failure) {
    *code = SQLITE_CORRUPT;
    return storage_error(path, *code, failure.what());
  }
}

// The first column of the first row.
std::int64_t query_int(const SQLite::Database& database, const std::string& text);
std::string query_text(const SQLite::Database& database, const std::string& text);

// Resets the statement now and at the end of the scope, since a statement that is not reset keeps a read
// transaction open.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) { statement_.tryReset(); }
  ~Use() { statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  SQLite::Statement& statement_;
};

class Binder final : public sql::Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

 private:
  void put_integer(std::int64_t value) override;
  void put_text(const std::string& value) override;
  void put_copy(const std::string& value) override;
  void put_name(std::string_view literal) override;
  void put_blob(const std::string& value) override;
  void put_null() override;

  SQLite::Statement& statement_;
  int next_ = 1;
};

class Reader final : public sql::Reader {
 public:
  explicit Reader(const SQLite::Statement& statement) : statement_(statement) {}

 private:
  bool null_at(int column) const override;
  sql::Kind kind_at(int column) const override;
  std::int64_t integer_at(int column) const override;
  std::string text_at(int column) const override;

  const SQLite::Statement& statement_;
};

}  // namespace keeper::sqlite
