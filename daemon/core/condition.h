// How a plan stands, when a session is overdue, and when the loop hangs: the one definition of each. The
// page, the API, the metrics, the exit code of `status`, the notifications and the dead man's switch all use
// these. The functions call nothing outside; those over a Draft run on the loop's thread, those over values
// on any.
//
// Example: of a plan with `count: 2` one session is active and the other one's start fails. The plan is
// `starting`; once three attempts in a row have ended early in that slot it is `degraded`, until a session
// has lived there for `backoff_reset_after`. If a budget forbade the second start instead, the plan would be
// `blocked`.
#pragma once

#include <optional>
#include <string>

#include "core/draft.h"

namespace keeper {

// Early ends in a row in one slot from which on a plan is degraded. An attempt ends early where nobody here
// ended it, it was not active for `backoff_reset_after`, and it did not time out as its plan wants it.
inline constexpr int degraded_failures = 3;

// What the word follows from.
struct PlanCounts {
  bool paused = false;
  bool degraded = false;  // see is_degraded()
  bool blocked = false;   // a start that is wanted is forbidden
  int wanted = 0;
  int live = 0;
  int ending = 0;
};
PlanCondition condition_of(const PlanCounts& counts);

struct PlanStanding {
  PlanCondition condition = PlanCondition::idle;
  int wanted = 0;  // sessions that should be active now; while paused, those that live or are being started
  int live = 0;    // sessions that are active and not being ended
  std::string last_error;             // of a session that lives, or of the last one in a slot that is empty
  std::optional<Wall> next_attempt;   // of what failed and waits for its repeat
  std::string blocked_reason;         // also while degraded or paused; empty: no start is forbidden
  std::optional<Wall> blocked_until;  // empty: not known
  // The next start to come that may happen as far as is known: none during a pause and before the end of a
  // budget's period that is used up.
  std::optional<Wall> next_start;
};
// Takes a Draft that can be changed because a budget's sum is computed once for it.
PlanStanding standing_of(Draft& draft, const Plan& plan);

// A plan is degraded when in one slot degraded_failures attempts in a row have ended early, until every slot
// has recovered. A slot has recovered when a session in it has lived for `backoff_reset_after`, or when a new
// occurrence has a session that is active, or has had one that ended in the ordinary way.
//
// Raises or clears the alert plan_degraded. While the alert lasts, and only then, the plan counts as
// degraded; its row is durable, so that a restart of the process does not end it.
void tell_condition(Draft& draft, const Plan& plan, bool paused);
bool is_degraded(const Draft& draft, const PlanName& name);

// When the early ends of the slot will be forgotten, because its session has lived long enough by then.
// Empty: there is nothing to forget, or no session is active.
std::optional<Wall> calm_at(const Draft& draft, const Plan& plan, const Slot& slot);

// How long after a deadline of the provider's own (its idle timeout, its maximum) the provider is asked what
// became of the session, before the keeper's clock decides: request_timeout and 5 s.
Millis provider_grace(const Traits& traits);
// The deadline for which the session is now to be ended as timed out. Those of the plan (start_timeout,
// max_duration) count at once, those of the provider after the grace. Empty: none has passed.
std::optional<Reason> passed_deadline(const Tracked& session, const Traits& traits, Mono now);
// The moment from which on passed_deadline() is not empty; mono_never: there is none.
Mono overdue_at(const Tracked& session, const Traits& traits);

// The longest time without a turn of the loop, which turns every 5 s at least. After more than that it hangs;
// a session whose overdue_at is that long ago and that is not being ended was not dealt with.
inline constexpr Millis hang_limit = Seconds{15};
inline bool loop_hangs(Millis since_turn) { return since_turn > hang_limit; }
inline bool was_neglected(Wall overdue_at, Wall now) { return now > overdue_at + hang_limit; }

}  // namespace keeper
