// The idle clock: when a session ends unless it is kept alive, and when its next heartbeat is due, by what
// one reading tells. Loop thread only; nothing here calls out.
//
//   the provider tells the last activity        the idle timeout after it
//   it tells when the session ends if nothing   that time; the idle timeout, or what a heartbeat asks for,
//   says comes (Remote::idle_until)                  how long before it the heartbeats are due it tells
//   neither                            counted from the start and from the heartbeats that counted, by
//                                               the idle timeout or by what a heartbeat asks for
#pragma once

#include "core/draft.h"

namespace keeper {

// Where the last activity is not known, a heartbeat is due, and no deadline is. A heartbeat that did not
// count moves nothing.
void set_idle_clock(Draft& draft, Tracked& session, const Plan& plan, const Traits& traits,
                    const Remote& remote, const Answer& answer);

}  // namespace keeper
