// The idle clock: when a session ends unless it is kept alive, and when its next heartbeat is due, by what
// one reading tells. A heartbeat is due a third of the idle timeout after the last activity, or as the plan's
// `heartbeat` says. Loop thread only; nothing here calls out.
//
//   the provider tells                     the session ends
//   its last activity                      the idle timeout after that
//   when it ends if nothing comes          at that time; its last activity was the idle timeout before that,
//   (Remote::idle_until)                   or as long before as a heartbeat asks for
//   neither                                as above, after the start or the last heartbeat that counted left
#pragma once

#include "core/draft.h"

namespace keeper {

// Where the last activity is not known, a heartbeat is due, and no deadline is. A heartbeat that did not
// count moves nothing.
void set_idle_clock(Draft& draft, Tracked& session, const Plan& plan, const Traits& traits,
                    const Remote& remote, const Answer& answer);

}  // namespace keeper
