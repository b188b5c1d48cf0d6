// What a delivery does to the session whose remote it names: the one rule, which the keeper applies and which
// `deliveries --replay` tells. The functions are pure; any thread. A delivery only ever moves a session on:
// what would bring it back, repeats what is known, or comes after its end is late and moves nothing.
//
// Example: a session is `queued` with the progress `asked`. `…-starting` moves its progress, `…-started`
// makes it active, and `…-starting` after that is late. If the keeper has asked the session to end already,
// `…-started` moves its progress but does not make it active, and `…-stopped` gives it the end that was asked
// for.
#pragma once

#include <optional>

#include "core/model.h"

namespace keeper {

// Where the session is after the delivery.
struct DeliveryMove {
  Progress progress = Progress::asked;
  State state = State::queued;
  std::optional<Reason> reason;  // of the new state; empty: the state stays
};

// `told`: what the delivery's type says; `failed`: with Progress::ended, that it failed. Empty: the delivery
// is late.
std::optional<DeliveryMove> move_by_delivery(const SessionRow& session, Progress told, bool failed);

// What becomes of a delivery that was not seen before. `session`: whose remote it names; null: none is known.
Disposition disposition_of(bool followed, const SessionRow* session, Progress told, bool failed);

}  // namespace keeper
