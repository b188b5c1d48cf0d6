// What a provider's answer about one remote says of its session: its state, its deadlines, its next call.
// A reading never moves a session backwards, and the end of a session is final whatever a later reading says.
// Times that the provider tells are put on our clock by the `Date` of its answer. Loop thread only; nothing
// here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

struct Reading {
  const Remote& remote;
  const Answer& answer;
  Reason active_reason = Reason::observed;
  Cause cause = Cause::poll;
};

// Applies one reading. A remote that ended ends its session; one that lives after its session ended is
// stopped.
void apply_reading(Draft& draft, const SessionId& id, const Reading& reading);

// Whether the change of a session is that of a heartbeat which counted.
bool confirms_heartbeat(const Tracked& before, const Tracked& after);

// The next read or heartbeat after a good answer.
void plan_next_call(Draft& draft, Tracked& session, const Reading& reading);

}  // namespace keeper
