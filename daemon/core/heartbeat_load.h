// Heartbeat load: whether a provider's heartbeats leave room for one more session. A session that has no
// heartbeats takes no room. Starts wait while a heartbeat at the provider is late, whatever the cause: a loop
// that is behind, calls that hang, a provider that refuses. They wait as well where the heartbeats of all
// sessions would take more than half of what `max_concurrent` calls can carry. A heartbeat takes as long as
// those before it did; where none was seen yet, as long as the last call did, and a second at most. A
// successor takes its predecessor's part. Functions over a Draft; loop thread only; nothing here calls out.
//
// Example: two calls at once, heartbeats every 10 s that take 1 s each: ten sessions fill half of the calls,
// so that an eleventh is not started.
#pragma once

#include "core/circuit.h"

namespace keeper {

// Why no start of this plan may leave now; empty where one may. `successor`: it takes a predecessor's part.
std::optional<StartBlock> keeping_block(Draft& draft, const Plan& plan, bool successor);

// When the start of this session is to be tried again; empty: it may leave. What is found is told as an alert
// of the provider, which is over once no start waits there any more.
std::optional<Mono> held_for_keeping(Draft& draft, const Tracked& session);

// Takes note of how long the call took.
void note_call_time(Draft& draft, const Answer& answer);
// Ends the alert where no start waits any more.
void end_idle_alert(Draft& draft, const ProviderName& provider);

}  // namespace keeper
