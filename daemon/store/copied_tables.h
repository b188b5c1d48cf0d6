// Copied tables: the one list of what a store's rows are, whichever database holds them. Each copy of a whole
// store goes through it: an SQLite file to a PostgreSQL schema, and back. A column that is added to both
// kinds of store is copied once it stands in the list that the statements of its table are made from (rows.h,
// session_columns.h). The list is constant, so any thread may read it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "store/sql.h"

namespace keeper {

// The texts of its statements name the table as "@name", as pg::in_schema() takes it.
struct CopiedTable {
  std::string name;
  std::string select;  // all rows, in the order of their key
  std::string write;   // one row: $1 and so on stand in the order of the columns
  int columns = 0;
  // The table's first column is the number of a session whose chain of hashes covers the row's texts.
  bool is_chained = false;
};

// In the order in which they can be written, since rows refer to others.
const std::vector<CopiedTable>& copied_tables();

// One row on its way. It must outlive the run of the statement that it is bound to.
class CopiedRow {
 public:
  CopiedRow(sql::Reader& from, int columns);

  void bind(sql::Binder& to) const;
  // What PostgreSQL would refuse becomes text that any store can keep (core/storable.h). Returns how many
  // texts were changed.
  int make_storable();

  std::int64_t first_number() const { return std::get<std::int64_t>(values_.front()); }
  std::size_t bytes() const;

 private:
  struct Bytes {
    std::string bytes;
  };
  using Value = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

  std::vector<Value> values_;
};

}  // namespace keeper
