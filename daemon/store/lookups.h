// Lookups: the statements that answer a round's questions on the writing connection of the SQLite store. It
// belongs to this module and to the thread that uses the store, must be destroyed before its database, and
// throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>

#include "store/questions.h"

namespace keeper {

class Lookups {
 public:
  explicit Lookups(SQLite::Database& database);

  // As Store::look_up(). No transaction may be open.
  Findings answer(const Questions& questions);

 private:
  Seen seen(const Questions::OfDelivery& one);
  std::optional<SessionRow> known(const Questions::OfRemote& one);
  std::optional<SessionRow> session(const SessionId& id);
  std::optional<DeliveryRow> delivery(std::int64_t id);

  SQLite::Database& database_;
  SQLite::Statement seen_;
  SQLite::Statement find_remote_;
  SQLite::Statement find_row_;
  SQLite::Statement read_delivery_;
};

}  // namespace keeper
