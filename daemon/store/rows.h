// Rows to and from columns, in one order for all statements. Inside this module only.
#pragma once

#include <string>

#include "core/model.h"
#include "store/sql.h"

namespace keeper {

// Columns of `sessions` in the order of bind_session() and read_session().
extern const char* const session_columns;

void bind_session(sql::Binder& to, const SessionRow& row);
SessionRow read_session(sql::Reader& from);

// Columns of `plans` in the order of bind_plan() and read_plan().
extern const char* const plan_columns;

void bind_plan(sql::Binder& to, const PlanRow& row);
PlanRow read_plan(sql::Reader& from);

// Columns of `transitions t JOIN sessions s`, in the order of read_transition().
extern const char* const transition_columns;
TransitionRow read_transition(sql::Reader& from);

// Columns of `deliveries d LEFT JOIN sessions s`, without the body, in the order of read_delivery().
extern const char* const delivery_columns;
DeliveryRow read_delivery(sql::Reader& from);

}  // namespace keeper
