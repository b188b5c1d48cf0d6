// Rollover: when a session's successor is made, and when the session is ended for it. Make before break is
// the rule; a place that holds one session, and a plan that says so, break first. An account without room for
// two is found out by a successor's start that is refused (429, 402): the successor then waits, and the
// session is ended for it at the last moment before its own end. The provider is remembered for that, so that
// the next rollovers there break first without trying: until a successor is started beside its predecessor,
// for six hours, or until the process ends, because to find it out anew costs one refused start and no
// session. Functions over a Draft; loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// Once rollover_at has passed: makes the successor, or ends the session for it.
void maybe_roll_over(Draft& draft, Tracked& session);

// The start of this session was refused because a rate or an allowance is used up, or waits for that.
void note_no_room(Draft& draft, const SessionId& refused);
// The start of this session succeeded.
void note_room_beside(Draft& draft, const SessionId& started);

// When a session whose successor failed tries again, `wait` from now; not after the last moment at which it
// is ended for a successor that finds no room beside it.
Mono next_rollover(const Draft& draft, const Tracked& session, Millis wait);

}  // namespace keeper
