// What a verified webhook message does: it is recorded once, and it moves its session forward or does
// nothing. Ranks decide (asked, starting, started, stopping, ended): a delivery that would move a session
// back, or that comes after its end, is kept as `late`. A delivery whose session is not known yet is held for
// up to 15 minutes, at most 50,000 of them, and is then listed as unmatched. A delivery sets no deadline; a
// read of the provider follows it. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

void on_delivered(Draft& draft, Delivered delivered);

// The session has its remote id now: those of the held deliveries that are for this remote are applied to it,
// the lowest rank first. `held`: the rows of the held deliveries, in the order of arrival.
void match_held(Draft& draft, const SessionId& id, const std::vector<DeliveryRow>& held);

// A held delivery as it is read from the store at a start of the process: its time begins anew.
Held held_from(const HeldRow& row, Mono now);

// Lists the held deliveries whose time has passed as unmatched.
void unmatch_expired(Draft& draft);

}  // namespace keeper
