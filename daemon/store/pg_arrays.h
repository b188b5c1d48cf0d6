// Many rows for one statement: each column is an array in PostgreSQL's binary form, where a value's length
// stands before its bytes, so that nothing is quoted. For this module alone; each object belongs to one
// thread at a time.
//
//   INSERT INTO t(a, b) SELECT n.a, n.b FROM unnest($1::text[], $2::bigint[]) AS n(a, b)
//
//   RowArrays rows;
//   rows.next().text(a).integer(b);
//   rows.bind(pipeline.add(text));
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql.h"

namespace keeper::pg {

class Parameters;

constexpr Oid type_bytes = 17;
constexpr Oid type_integer = 20;
constexpr Oid type_text = 25;

// The number's bytes, the highest first.
void append_integer(std::string& to, std::int64_t value);

// The values of one column, all of one type or null.
class Array {
 public:
  void integer(std::int64_t value);
  // `type`: text or bytes.
  void bytes(Oid type, std::string_view value);
  void null();

  std::size_t size() const { return size_; }
  // Of the array; 0 where every value is null.
  Oid type() const;
  // In the binary form. The object is of no use any more.
  std::string take();

 private:
  void begin(Oid element, std::size_t length);

  std::string binary_ = std::string(20, '\0');  // the head comes last
  std::size_t size_ = 0;
  Oid element_ = 0;
  bool has_null_ = false;
};

class RowArrays final : public sql::Binder {
 public:
  // Begins a row, whose values are bound into what it returns. Every row has as many as the first.
  sql::Binder& next();
  std::size_t size() const { return size_; }
  // One parameter for each column. A column without any value is NULL, which unnest() fills up with nulls, so
  // that one column at least must have a value in each row; the statement names the types. The object is
  // empty then.
  void bind(Parameters& to);

 private:
  void put_integer(std::int64_t value) override;
  void put_text(const std::string& value) override;
  void put_copy(const std::string& value) override;
  void put_name(std::string_view literal) override;
  void put_blob(const std::string& value) override;
  void put_null() override;
  Array& column();
  void check_whole() const;

  std::vector<Array> columns_;
  std::size_t next_ = 0;
  std::size_t size_ = 0;
};

// "id bigint, name text": what one row of a statement has, in the order of the parameters.
// -> "unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS n(id, name, nth)"
std::string unnest(std::string_view columns);
// -> "id, name", or with a prefix "n.id, n.name"
std::string names(std::string_view columns, std::string_view prefix = {});

}  // namespace keeper::pg
