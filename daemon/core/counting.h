// From which moment a plan's schedule counts: no occurrence before it begins or is recorded as missed. It is
// the moment at which the plan came into the configuration, came back into it, or got another schedule, be it
// by a reload or by a start of the process; and the moment at which a wall clock that was wrong was set
// right. Windows are not judged by it: they ask whether a session should be alive now. Functions over a Draft
// or a row; loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// A wall clock that shows less is wrong: this program did not exist yet. Until it is set, no occurrence
// begins or is passed over, no window begins, and what lives in one goes on.
inline constexpr Wall clock_floor{std::chrono::sys_days{std::chrono::January / 1 / 2025}.time_since_epoch()};
inline bool shows_time(Wall now) { return now >= clock_floor; }

// The plan is in the configuration that is loaded now. Where its schedule is not the one of its row, it
// counts from now: an occurrence that waits for the last one's end is passed over, and a start by hand lasts
// no longer than one that is made now.
void take_schedule(Draft& draft, const Plan& plan);
// The plan is not in it.
void leave_schedule(Draft& draft, const PlanName& name);

// Every plan is looked at anew where the wall clock was stepped since the last event. After a step of more
// than clock_leap, schedules count from now: the clock was wrong, and what lies between was no time that
// passed.
inline constexpr Millis clock_leap = std::chrono::days{7};
void heed_clock_step(Draft& draft);

// The same for what a clock noted that was wrong when the process was another one: a time that is still to
// come, or one before clock_floor.
void heed_clock(PlanRow& row, Wall now);

// Until when a window plan that is started by hand now is wanted: to the end of the window that is, or of one
// that would begin now.
Wall end_by_hand(const Plan& plan, Wall now);

}  // namespace keeper
