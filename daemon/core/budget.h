// Budgets in force: what the plans' sessions took in the current period, and whether more may begin. Functions over a
// Draft; loop thread only; nothing here calls out. What ended sessions took comes from the store, once per period.
#pragma once

#include "core/handlers.h"

namespace keeper {

// Until when nothing more of the plan may begin, and why.
struct BudgetHold {
  Wall until{};
  std::string why;
};
std::optional<BudgetHold> budget_hold(Draft& draft, const Plan& plan);
// Likewise for the start of a session that has its row already.
std::optional<BudgetHold> budget_hold(Draft& draft, const SessionRow& queued);

// Likewise, to be shown: nothing is noted of it. `reserved`: the start's least price is in the sum already.
// Empty also while the budget is being counted.
std::optional<StartBlock> budget_block(Draft& draft, const PlanName& plan, const ProviderName& provider,
                                       bool reserved);

// The store's word for the plan's budgets is still to come; it is the next thing to be decided.
bool is_being_counted(const Draft& draft, const Plan& plan);

// A session was made: the least that it will cost is set aside at once.
void reserve(Draft& draft, const SessionRow& row);

// What all sessions that the budget covers took in the period. The store's part must be counted.
Amount amount_of(const World& world, const BudgetKey& key, const BudgetTrack& track, Wall now);

// A session is over and leaves the memory.
void spend(Draft& draft, const SessionRow& row);

// The budgets of the configuration, counted anew.
void plan_budgets(Draft& draft);
void on_counted(Draft& draft, const Counted& counted);

// Levels and alerts; sets when they must be looked at again.
void look_at_budgets(Draft& draft);

// The periods for which what ended sessions took is not known.
std::vector<Period> uncounted_periods(const World& world, Wall now);

}  // namespace keeper
