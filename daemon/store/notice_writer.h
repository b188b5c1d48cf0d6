// Notice writer: the statements for alerts and messages on the writing connection. It belongs to this module
// and to the thread that uses the store, must be destroyed before its database, and throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "core/model.h"

namespace keeper {

class NoticeWriter {
 public:
  explicit NoticeWriter(SQLite::Database& database);

  // Inside a transaction.
  void write(const Batch& batch);
  void load(Ledger& ledger);
  void prune(Wall settled_before, int messages_max);

 private:
  void write_alert(const AlertRow& row);
  void write_message(const MessageRow& row);

  SQLite::Statement upsert_alert_;
  SQLite::Statement delete_alert_;
  SQLite::Statement update_message_;
  SQLite::Statement insert_message_;
  SQLite::Statement upsert_notice_;
  SQLite::Statement alerts_;
  SQLite::Statement waiting_;
  SQLite::Statement notices_;
  SQLite::Statement prune_;
};

}  // namespace keeper
