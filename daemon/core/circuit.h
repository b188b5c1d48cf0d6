// How a provider is doing, judged by the answers that come from it, and whether starts may leave for it.
// After five calls in a row that did not get through, the circuit is open: starts wait, for 5 s at first and
// for 60 s at most, and then one start at a time probes. A rate or an allowance that is used up blocks starts
// until the time that the provider names. Heartbeats, reads and stops are never blocked here. A call that
// could not leave this machine says nothing of the provider. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// Takes note of what one answer says of its provider, raises or clears the alert, and lets calls that wait
// for their next try go soon after the provider answers again.
void note_provider(Draft& draft, const Answer& answer);

// A session of the provider's has ended and left its room: the allowance may be there again. One start that
// waits for it goes at once, its successor's before any other; the success of that lets the next one go. None
// does where the room is taken again by the plan of the session.
void note_room(Draft& draft, const SessionRow& ended);

// How long a provider asks to be left alone that says that a rate or an allowance is used up: the time that
// it names, from 1 s to 1 h, or 1 min where it names none.
Millis asked_wait(const Error& error);

// True while nothing can be found out from this provider: there is no route to it, or call after call fails.
bool is_out_of_reach(const ProviderTrack& track);

// Why no start may leave now, and until when, as far as that is known.
struct StartBlock {
  std::string why;
  std::optional<Wall> until;
};
// What the provider's circuit, its allowance, its word on the credentials or a missing route says against a
// start now.
std::optional<StartBlock> provider_block(const ProviderName& name, const ProviderTrack& track, Now now);

// When a start of this session may leave. Empty: now, and where the circuit was open the start is then its
// probe.
std::optional<Mono> start_blocked_until(Draft& draft, const SessionRow& row);

}  // namespace keeper
