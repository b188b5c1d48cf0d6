// Rows: plans, transitions, deliveries, messages and notices to and from their columns, in one order for all
// statements. The columns of a session are in session_columns.h. The functions belong to this module and to
// the thread of their connection. They throw sql::Corrupt for a value that this program never writes.
#pragma once

#include <string>
#include <vector>

#include "core/model.h"
#include "core/spending.h"
#include "store/sql.h"

namespace keeper {

// Throws sql::Corrupt for a number that stands for no progress.
Progress read_progress(sql::Reader& from);

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

// Columns of `messages` in the order of read_message(), and of `notices` in that of read_notice().
extern const char* const message_columns;
extern const char* const notice_columns;
MessageRow read_message(sql::Reader& from);  // without its notices
Notice read_notice(sql::Reader& from);
SpentBy read_spent(sql::Reader& from);  // of a sum by plan and provider

// The place of a transition to that state in its session's history: 0, 1 or 2.
int ordinal_of(State state);

// Sessions in the order of their creation, in which they are numbered, whatever the order in the batch.
std::vector<const SessionRow*> by_creation(const std::vector<SessionRow>& rows);

}  // namespace keeper
