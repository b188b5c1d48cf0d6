// What becomes of a session when the answer to one of its calls comes: start, find, read, heartbeat, stop.
// Owns the rules for lost answers: when a start counts as absent, which remote is a session's own, and how
// long an error delays the next call. An answer whose ticket is not the session's call in flight changes
// nothing. The answer to a list is passed on to core/sweep. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

void on_answer(Draft& draft, const Answer& answer);

}  // namespace keeper
