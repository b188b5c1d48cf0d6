// The next step of one session, from its row and its deadlines alone: applies what has passed, makes a
// successor where one is due, sends the next call, and computes when the session must be looked at again.
// docs/session-life.md has the table of what is sent from which row. At most one call of a session is in
// flight; while it is, nothing is sent. After a crash the same function brings every unfinished session on,
// so that recovery has no code of its own. Loop thread only; nothing here calls out: a call is an effect of
// the decision.
#pragma once

#include "core/draft.h"

namespace keeper {

// The session need not be tracked any more; one that is resolved is left as it is.
void settle(Draft& draft, const SessionId& id);

}  // namespace keeper
