// What one slot of a plan wants at one moment: a session for an occurrence that is new to it, the repeat of
// one whose session has ended, or nothing. A slot that has a session which is not being ended wants nothing.
// The functions read a Draft and change nothing; `reconcile_plan` acts on the answer and `condition_of` shows
// it. Loop thread only.
//
// Example: in a window, a slot whose session failed wants its repeat; one whose session an operator stopped
// wants nothing until the next window begins.
#pragma once

#include <optional>
#include <set>

#include "core/draft.h"
#include "core/occurrences.h"

namespace keeper {

struct SlotWant {
  Wall occurrence{};
  bool begins = false;  // else it is a repeat, which is not due before Slot::retry_at
};

// `want`: what the plan wants now. Empty: nothing.
std::optional<SlotWant> slot_want(const Draft& draft, const Plan& plan, const Slot& slot, const Want& want);

// The session is tracked, has not ended and is not being ended.
bool serves(const Draft& draft, const SessionId& id);

// The plan's slots: those that its count asks for, and those beyond it that are remembered.
std::set<int> replicas_of(const Draft& draft, const PlanName& name, int count);

}  // namespace keeper
