// What a provider's answer about one remote says of its session: state, deadlines, the next call.
#pragma once

#include "core/draft.h"

namespace keeper {

struct Reading {
  const Remote& remote;
  const Answer& answer;
  Reason active_reason = Reason::observed;
  Cause cause = Cause::poll;
};

// Applies a reading to a session that is not asked to end. Never moves it backwards.
void apply_reading(Draft& draft, const SessionId& id, const Reading& reading);

// The next read or heartbeat after a good answer.
void plan_next_call(Draft& draft, Tracked& session, EffectKind answered);

}  // namespace keeper
