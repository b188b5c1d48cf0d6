#include "store/pg_arrays.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "store/pg.h"

namespace keeper::pg {
namespace {

constexpr std::size_t head_size = 20;

template <class Number>
void append_number(std::string& to, Number value) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
  for (std::size_t i = sizeof(Number); i-- > 0;) to += static_cast<char>((bits >> (i * 8U)) & 0xffU);
}

// Calls with each "name type" of the list.
template <class Call>
void for_each_column(std::string_view columns, Call&& call) {
  while (!columns.empty()) {
    const std::string_view one = columns.substr(0, columns.find(", "));
    const std::size_t space = one.find(' ');
    call(one.substr(0, space), one.substr(space + 1));
    columns.remove_prefix(std::min(one.size() + 2, columns.size()));
  }
}

}  // namespace

void append_integer(std::string& to, std::int64_t value) { append_number(to, value); }

void Array::begin(Oid element, std::size_t length) {
  KEEPER_CHECK(element_ == 0 || element_ == element);
  element_ = element;
  ++size_;
  append_number(binary_, static_cast<std::int32_t>(length));
}

void Array::integer(std::int64_t value) {
  begin(type_integer, sizeof value);
  append_number(binary_, value);
}

void Array::bytes(Oid type, std::string_view value) {
  begin(type, value.size());
  binary_ += value;
}

void Array::null() {
  ++size_;
  has_null_ = true;
  append_number<std::int32_t>(binary_, -1);
}

Oid Array::type() const {
  constexpr Oid arrays_of_bytes = 1001;
  constexpr Oid arrays_of_integers = 1016;
  constexpr Oid arrays_of_texts = 1009;
  switch (element_) {
    case type_integer:
      return arrays_of_integers;
    case type_bytes:
      return arrays_of_bytes;
    case type_text:
      return arrays_of_texts;
    default:
      return 0;
  }
}

// Dimensions, whether there are nulls, the type, and of the one dimension its length and its first index.
std::string Array::take() {
  std::string head;
  append_number<std::int32_t>(head, 1);
  append_number<std::int32_t>(head, has_null_ ? 1 : 0);
  append_number<std::int32_t>(head, static_cast<std::int32_t>(element_));
  append_number<std::int32_t>(head, static_cast<std::int32_t>(size_));
  append_number<std::int32_t>(head, 1);
  binary_.replace(0, head_size, head);
  return std::move(binary_);
}

sql::Binder& RowArrays::next() {
  check_whole();
  next_ = 0;
  ++size_;
  return *this;
}

void RowArrays::bind(Parameters& to) {
  check_whole();
  for (Array& column : columns_) to.array(std::move(column));
  columns_.clear();
  size_ = 0;
}

void RowArrays::check_whole() const { KEEPER_CHECK(size_ == 0 || next_ == columns_.size()); }

Array& RowArrays::column() {
  KEEPER_CHECK(size_ > 0);
  if (size_ == 1) columns_.emplace_back();
  return columns_.at(next_++);
}

void RowArrays::put_integer(std::int64_t value) { column().integer(value); }
void RowArrays::put_text(const std::string& value) { column().bytes(type_text, value); }
void RowArrays::put_copy(const std::string& value) { column().bytes(type_text, value); }
void RowArrays::put_name(std::string_view literal) { column().bytes(type_text, literal); }
void RowArrays::put_blob(const std::string& value) { column().bytes(type_bytes, value); }
void RowArrays::put_null() { column().null(); }

std::string unnest(std::string_view columns) {
  std::string arrays;
  int n = 0;
  for_each_column(columns, [&](std::string_view, std::string_view type) {
    arrays += (n > 0 ? ", $" : "$") + std::to_string(n + 1) + "::" + std::string(type) + "[]";
    ++n;
  });
  return "unnest(" + arrays + ") WITH ORDINALITY AS n(" + names(columns) + ", nth)";
}

std::string names(std::string_view columns, std::string_view prefix) {
  std::string all;
  for_each_column(columns, [&](std::string_view name, std::string_view) {
    all.append(all.empty() ? "" : ", ").append(prefix).append(name);
  });
  return all;
}

}  // namespace keeper::pg
