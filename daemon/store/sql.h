// What the files of the store share over SQLiteCpp: values are bound and read by position, and SQLite's
// failures become errors. For this module alone; each object belongs to the thread of its connection.
// SQLite::Exception never leaves the module, because every public function of it runs in guarded().
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace keeper::sql {

// `code` is SQLite's, extended or not.
Error storage_error(const std::string& path, int code, std::string_view detail);

// True where a connection may not be used after a failure with this code, because its state may differ from
// the file's.
bool spoils_connection(int code);

// Throws for a value in the file that this program never writes there.
[[noreturn]] void fail_corrupt(const std::string& what);

// Runs `call`, which returns a Result. A SQLite::Exception becomes an Error, and its code is put in `*code`.
template <class Call>
auto guarded(const std::string& path, int* code, Call&& call) -> decltype(call()) {
  *code = 0;
  try {
    return std::forward<Call>(call)();
  } catch (const SQLite::Exception& failure) {
    *code = failure.getErrorCode();
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

// Binds one value after the other. Strings are not copied, so that they must outlive the step.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  Binder& integer(std::int64_t value);
  Binder& text(const std::string& value);
  Binder& text(std::string&&) = delete;  // not copied: it must outlive the statement's run
  Binder& copy(const std::string& value);
  Binder& name(std::string_view literal);  // an enumerator's name; must end in NUL, as literals do
  Binder& blob(const std::string& value);
  Binder& time(Wall value);
  Binder& null();

  template <class Tag>
  Binder& text(const Id<Tag>& id) {
    return text(id.str());
  }
  template <class Tag>
  Binder& text(const std::optional<Id<Tag>>& id) {
    return id ? text(id->str()) : null();
  }
  Binder& time(const std::optional<Wall>& value) { return value ? time(*value) : null(); }

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

// Reads one column after the other.
class Reader {
 public:
  explicit Reader(const SQLite::Statement& statement) : statement_(statement) {}

  bool is_null() const;  // the next column; does not move on
  void skip() { ++next_; }
  std::int64_t integer();
  int small();
  bool boolean() { return integer() != 0; }
  std::string text();
  Wall time() { return Wall{Millis{integer()}}; }
  std::optional<Wall> optional_time();

  template <class T>
  T id() {
    return T(text());
  }
  template <class T>
  std::optional<T> optional_id() {
    if (is_null()) return skip(), std::nullopt;
    return T(text());
  }
  // `parse` gives an optional; a word that it does not know is corruption.
  template <class Parse>
  auto word(Parse parse) {
    const std::string read = text();
    const auto value = parse(read);
    if (!value) fail_corrupt("holds the unknown word '" + read + "'");
    return *value;
  }

 private:
  const SQLite::Statement& statement_;
  int next_ = 0;
};

}  // namespace keeper::sql
