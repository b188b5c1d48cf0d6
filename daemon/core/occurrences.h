// What a plan wants at one moment, and which of its occurrences are done with. An occurrence is known by its time: it
// begins at most once, whatever the wall clock does, and one that began nothing is recorded with the reason.
#pragma once

#include "core/draft.h"

namespace keeper {

// Windows ask "should it be alive now?"; occurrences are starts of their own.
struct Want {
  bool alive = false;         // windows: now is in one
  std::optional<Wall> begin;  // the occurrence that may begin now; of windows, the identity of the one that lasts
  bool repeats = false;       // what was begun may be begun anew after it failed
};

// Likewise, without moving anything on: of single occurrences only whether the last one may be begun anew.
Want want_now(const Plan& plan, const PlanRow& row, Wall now, bool paused);

// Moves on the plan's row: an occurrence that is due is handled from now on, and what was missed is recorded.
Want consider(Draft& draft, const Plan& plan, PlanRow& row, bool paused);

// Overlap: an occurrence comes while sessions of the last one may still exist. Empties `want.begin` where it must not
// begin now. Returns true if those sessions are to be ended.
bool yields(Draft& draft, const Plan& plan, PlanRow& row, Want& want);

// Recorded as an occurrence that began nothing, and told.
void pass_over(Draft& draft, const Plan& plan, Wall occurrence, Missed why);

void mark_handled(PlanRow& row, Wall occurrence);

// How long after its time the start left that is answered here; empty unless it is the first of an occurrence.
std::optional<Millis> lateness_of(const World& world, const Answer& answer, Now now);

}  // namespace keeper
