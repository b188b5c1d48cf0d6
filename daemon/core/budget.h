// Budgets: what the sessions that a budget covers took in its current period, and whether more may begin.
// What ended sessions took is asked of the store once per period; what lives is computed from the rows in the
// memory. The least price of a session that was made is set aside at once, so that two starts cannot share
// the same rest of a budget. Money is an estimate from the configured price. Functions over a Draft; loop
// thread only; nothing here calls out.
#pragma once

#include "core/circuit.h"

namespace keeper {

// Until when nothing more of the plan may begin, and why.
struct BudgetBlock {
  Wall until{};
  std::string why;
};
// When it ends; a second from now at the least.
Mono on_mono(const BudgetBlock& block, Now now);
std::optional<BudgetBlock> budget_block(Draft& draft, const Plan& plan);
// Likewise for the start of a session that has its row already.
std::optional<BudgetBlock> budget_block(Draft& draft, const SessionRow& queued);

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
void configure_budgets(Draft& draft);
void on_period_counted(Draft& draft, const PeriodCounted& counted);

// Levels and alerts; sets when they must be looked at again.
void look_at_budgets(Draft& draft);

// The periods for which what ended sessions took is not known.
std::vector<Period> uncounted_periods(const World& world, Wall now);

}  // namespace keeper
