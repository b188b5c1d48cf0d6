// What a plan wants at one moment, and which of its occurrences are done with.
// An occurrence is known by its scheduled time. It begins at most once, whatever the wall clock does, and one
// that began nothing is recorded with the reason. Functions over a Draft; loop thread only; nothing here
// calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// Example: at 9:30 a plan with windows from 9 to 17 wants {alive, begin 9:00, repeats}. A plan that starts
// single sessions at 9:00 wants {begin 9:00} once, and {repeats} after that.
struct Want {
  bool alive = false;         // of windows: now lies in one
  std::optional<Wall> begin;  // the occurrence that may begin now; of windows, the time of the one that lasts
  Cause cause = Cause::schedule;  // of the begin
  bool repeats = false;           // an attempt that failed may be followed by another
};

// What the plan wants now. The plan's row moves on with it: an occurrence that is due counts as handled from
// now on. After a downtime the newest occurrence that came due meanwhile begins, if that is no longer ago
// than the plan's `catch_up`; every other one is recorded as missed. A window that lasts begins in any case.
Want take_wanted(Draft& draft, const Plan& plan, PlanRow& row, bool paused);
// The same without a change of the row. Of single occurrences it gives only whether an attempt may follow the
// last one.
Want want_now(const Plan& plan, const PlanRow& row, Wall now, bool paused);

// Until when a plan with windows wants a session without a break, as far as the window or the start by hand
// that covers `at` tells; empty: it wants none then. Wall::max(): no end is known.
std::optional<Wall> wanted_until(const Plan& plan, const PlanRow& row, Wall at);

// Applies the plan's `overlap` to an occurrence that comes while sessions of the last one may still exist: it
// empties `want.begin` where the occurrence must not begin now, and returns true if those sessions are to be
// ended.
bool apply_overlap(Draft& draft, const Plan& plan, PlanRow& row, Want& want);

// Records an occurrence that begins nothing, and tells of it.
void pass_over(Draft& draft, const Plan& plan, Wall occurrence, Missed why);

// The occurrence that waited for the last one's sessions, which are gone. It waits no longer; empty where
// there is none, or it has waited for longer than `catch_up` while nothing stood in its way.
std::optional<Wall> take_buffered(Draft& draft, const Plan& plan, PlanRow& row);

// How long after its time the start left that is answered here; empty unless it is the first of an
// occurrence.
std::optional<Millis> lateness_of(const World& world, const Answer& answer, Now now);

}  // namespace keeper
