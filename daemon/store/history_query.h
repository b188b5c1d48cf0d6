// The SQL of the history's lists, for either kind of store. For SQLite each statement names its index, so
// that a page costs the same however large the store is; PostgreSQL finds it by its own statistics, and its
// tables are written @name (pg::in_schema). The functions are pure and for this module alone. The
// placeholders stand in the order in which bind() fills them.
#pragma once

#include <string>

#include "store/history.h"
#include "store/sql.h"

namespace keeper {

enum class Dialect { sqlite, postgresql };

std::string list_text(const SessionQuery& query, Dialect dialect);
std::string list_text(const TransitionQuery& query, Dialect dialect);
std::string list_text(const DeliveryQuery& query, Dialect dialect);
std::string list_text(const MessageQuery& query, Dialect dialect);

// The query must outlive the statement's use. One row more than the limit is asked for.
void bind(sql::Binder& to, const SessionQuery& query);
void bind(sql::Binder& to, const TransitionQuery& query);
void bind(sql::Binder& to, const DeliveryQuery& query);
void bind(sql::Binder& to, const MessageQuery& query);

}  // namespace keeper
