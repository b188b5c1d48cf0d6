// What an end is called that neither the keeper nor an operator asked for. The provider's word says it; where
// that says less than the keeper knows, the deadline that passed does. Functions over values; loop thread
// only.
//
//   closed, once a deadline of the provider's has passed    timed_out, by that deadline
//   timed_out, without which timeout                        by the deadline that passed, or is known
//   unknown now                                             as the provider's traits say (gone_state)
#pragma once

#include "core/world.h"

namespace keeper {

struct EndedAs {
  State state = State::closed;
  Reason reason = Reason::ended_by_provider;
};

// Which of the provider's limits had passed by then, the one that ends first; empty: none that is known.
std::optional<Reason> limit_passed(const Tracked& session, Mono at);

// `plan`: null where it is gone. `ended`: when the remote ended, as far as is known.
EndedAs unasked_end(const Tracked& session, const Plan* plan, const Remote& remote, Mono ended);

// The same of a remote that its provider does not know any more, since `since`. `traits`: null where the
// provider is gone.
EndedAs gone_end(const Tracked& session, const Plan* plan, const Traits* traits, Mono since);

}  // namespace keeper
