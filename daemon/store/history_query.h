// The SQL of the history's lists. Each statement names its index, so that a page costs the same however large
// the store is. The functions are pure and for this module alone. The placeholders stand in the order in
// which bind() fills them.
#pragma once

#include <string>

#include "store/history.h"
#include "store/sql.h"

namespace keeper {

std::string list_text(const SessionQuery& query);
std::string list_text(const TransitionQuery& query);
std::string list_text(const DeliveryQuery& query);
std::string list_text(const MessageQuery& query);

// The query must outlive the statement's use. One row more than the limit is asked for.
void bind(sql::Binder& to, const SessionQuery& query);
void bind(sql::Binder& to, const TransitionQuery& query);
void bind(sql::Binder& to, const DeliveryQuery& query);
void bind(sql::Binder& to, const MessageQuery& query);

}  // namespace keeper
