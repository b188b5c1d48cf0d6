// Why a session is in its state, and what happens next, in sentences. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/view.h"

namespace keeper {

// `seen` and `plan` may be null: the session has ended, the plan is gone.
std::vector<std::string> explain(const SessionRow& row, const SessionView* seen, const PlanView* plan);

// What it has cost, as far as the configured price tells.
void tell_cost(const SessionRow& row, const Price& price, Wall now, std::vector<std::string>& words);

// "the provider answered its start": what the reason says, as a clause.
std::string_view clause_of(Reason reason);

}  // namespace keeper
