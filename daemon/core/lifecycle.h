// The life of one session: how it is made, becomes active, is asked to end, ends, and is resolved.
// Nothing else changes a session's state. A terminal state never changes. Each change adds a transition to
// the decision and wakes what depends on it: the plan, a predecessor, sessions that wait for the same scope.
// Functions over a Draft; loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// Derived from the store's instance and from what the session serves, so that it cannot come about twice.
SessionId session_id(const InstanceId& instance, const PlanName& plan, Wall occurrence, int replica,
                     int attempt);

// Makes the next attempt for a slot: a row `queued`, due at once. `predecessor`: it is to take over from that
// one.
const SessionId& create_session(Draft& draft, const Plan& plan, int replica, Wall occurrence, Reason reason,
                                Cause cause, const std::optional<SessionId>& predecessor = std::nullopt);

// Queued to active; a predecessor is asked to end. Nothing if it is active, has ended or is asked to end.
void activate(Draft& draft, const SessionId& id, Reason reason, Cause cause, Wall at);

// Decides an end that a provider call has to bring about. Nothing if one is decided already.
void ask_end(Draft& draft, const SessionId& id, State state, Reason reason, Cause cause);

// The terminal transition. `resolved`: the provider confirmed that no remote is left.
struct End {
  State state = State::closed;
  Reason reason = Reason::ended_by_provider;
  Cause cause = Cause::poll;
  Wall at{};
  bool resolved = true;
  std::string detail{};
};
void end_session(Draft& draft, const SessionId& id, const End& end);

// The end that was asked for has come about.
void end_as_asked(Draft& draft, const SessionId& id, std::string detail = {});

// The provider confirmed that the remote of an ended session is gone. The slot is free from here on. Where
// what has ended is still billed the session stays unresolved until that is cleaned up: a restart asks again.
void resolve(Draft& draft, const SessionId& id);

// Nothing is left at the provider.
void leave(Draft& draft, const SessionId& id);

// Starts in one scope are serialised; empty: free.
std::string scope_of(const SessionRow& row, const Traits* traits);
void release_scope(Draft& draft, const SessionId& id);

// 1, 2, 4, 8 … seconds up to `most`, for the n-th failed call in a row, less up to a half by a stable hash.
Millis call_backoff(const SessionId& id, int tries, Millis most);

}  // namespace keeper
