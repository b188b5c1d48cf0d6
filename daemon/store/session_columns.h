// Session columns: the one list of what is stored of a session. The statements that write and read a session
// are made from it, and the migrations of schema.cpp must lead to the same names; a test compares the two. A
// new field of SessionRow is stored by one line in the list and by one migration that adds its column:
//
//   column<&SessionRow::region>("region"),                               (session_columns.cpp)
//   ALTER TABLE sessions ADD COLUMN region TEXT NOT NULL DEFAULT '';     (schema.cpp)
//
// The list is constant, so any thread may read it; the binder and the reader belong to the thread of their
// connection.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/model.h"
#include "store/sql.h"

namespace keeper {

struct SessionColumn {
  std::string_view name;
  sql::Kind kind;  // integer or text, where it is not null
  bool is_fixed;   // written with the row and never again, so that the indices over it are left alone
  void (*bind)(sql::Binder& to, const SessionRow& row);
  // Throws sql::Corrupt for a value that this program never writes.
  void (*read)(sql::Reader& from, SessionRow& row);
};

// In the order in which every statement names them. The first is `id`.
std::span<const SessionColumn> session_columns();

std::string session_column_names();  // "id, plan, provider, ..."
// Both bind the columns in their order. The update finds the row by its id, and changes the columns that are
// not fixed.
std::string insert_session_statement();
std::string update_session_statement();

void bind_session(sql::Binder& to, const SessionRow& row);
SessionRow read_session(sql::Reader& from);

}  // namespace keeper
