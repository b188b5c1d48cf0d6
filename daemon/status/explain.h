// Says in sentences why a session is in its state and what happens next. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/view.h"

namespace keeper {

// `seen` is null after the session has ended, and `plan` where the configuration has it no more.
std::vector<std::string> explain(const SessionRow& row, const SessionView* seen, const PlanView* plan);

// What its row tells, for whoever knows neither its deadlines nor its plan.
std::vector<std::string> explain_row(const SessionRow& row);

// Adds what the session has cost by the configured price. Adds nothing if it was never active.
void tell_cost(const SessionRow& row, const Price& price, Wall now, std::vector<std::string>& words);

// The reason as a clause, such as "the provider answered its start".
std::string_view clause_of(Reason reason);

}  // namespace keeper
