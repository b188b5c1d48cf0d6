// What a reload with a configuration would do, decided on a copy of the keeper by the code that would do it.
// Nothing is installed in the keeper, committed or sent. The loop's thread calls it between two rounds; it
// takes as long as a round with a reload in it.
//
// A session that is waiting for an answer takes its next step only after that answer; the preview tells that
// step as if the answer had come and had changed nothing. What would happen at this moment without the reload
// is not told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/keeper.h"

namespace keeper {

// Of the plan's sessions that are neither ended nor being ended now: stop + roll_over + keep is their number.
struct PlanPreview {
  PlanName plan;
  PlanChange change = PlanChange::none;
  int start = 0;      // sessions that would be made, successors not counted; blocked ones are not made
  int stop = 0;       // sessions that would be ended without a successor
  int roll_over = 0;  // sessions that would get a successor, before or after their end
  int keep = 0;
  std::string why;        // of the numbers, in words; empty: nothing changes
  PlanStanding standing;  // after the reload; all empty for a plan that is removed
};

struct Preview {
  std::vector<PlanPreview> plans;  // by name
  std::vector<ProviderName> providers_added, providers_removed;
};

// What ended sessions took in a period, with the least time that each provider bills: the store's answer.
using SpentIn = std::function<Result<std::vector<SpentBy>>(const Period& period, const Prices& prices)>;

// Errors: those of `spent`.
Result<Preview> preview_of(const Keeper& keeper, const std::shared_ptr<const Config>& config, Now now,
                           const SpentIn& spent);

}  // namespace keeper
