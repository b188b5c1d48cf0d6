// Values to and from the columns of a database, by position, whichever database it is. The lists of columns
// (rows.h, session_columns.h) are written against these two classes, and each store brings its own of them.
// For this module alone; each object belongs to the thread of its connection.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace keeper::sql {

// The database holds a value that this program never writes there. It never leaves the module.
class Corrupt : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws Corrupt.
[[noreturn]] void fail_corrupt(const std::string& what);

// What a column of a row holds.
enum class Kind { null, integer, text, bytes };

// Binds one value after the other. Texts are not copied, so that they must outlive the statement's run.
class Binder {
 public:
  Binder& integer(std::int64_t value) { return put_integer(value), *this; }
  Binder& text(const std::string& value) { return put_text(value), *this; }
  Binder& text(std::string&&) = delete;
  Binder& copy(const std::string& value) { return put_copy(value), *this; }
  // An enumerator's name; it must end in NUL, as literals do.
  Binder& name(std::string_view literal) { return put_name(literal), *this; }
  Binder& blob(const std::string& value) { return put_blob(value), *this; }
  Binder& null() { return put_null(), *this; }
  Binder& time(Wall value) { return integer(value.time_since_epoch().count()); }
  Binder& time(const std::optional<Wall>& value) { return value ? time(*value) : null(); }

  template <class Tag>
  Binder& text(const Id<Tag>& id) {
    return text(id.str());
  }
  template <class Tag>
  Binder& text(const std::optional<Id<Tag>>& id) {
    return id ? text(id->str()) : null();
  }

 protected:
  ~Binder() = default;

 private:
  virtual void put_integer(std::int64_t value) = 0;
  virtual void put_text(const std::string& value) = 0;
  virtual void put_copy(const std::string& value) = 0;
  virtual void put_name(std::string_view literal) = 0;
  virtual void put_blob(const std::string& value) = 0;
  virtual void put_null() = 0;
};

// Reads one column after the other.
class Reader {
 public:
  bool is_null() const { return null_at(next_); }  // the next column; does not move on
  Kind kind() const { return kind_at(next_); }     // likewise
  void skip() { ++next_; }
  std::int64_t integer() { return integer_at(next_++); }
  int small();
  bool boolean() { return integer() != 0; }
  std::string text() { return text_at(next_++); }  // also of bytes
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

 protected:
  ~Reader() = default;

 private:
  virtual bool null_at(int column) const = 0;
  virtual Kind kind_at(int column) const = 0;
  virtual std::int64_t integer_at(int column) const = 0;
  virtual std::string text_at(int column) const = 0;

  int next_ = 0;
};

}  // namespace keeper::sql
