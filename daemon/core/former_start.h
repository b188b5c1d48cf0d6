// A start, or a stop that names a place, which a former process had begun and may still send. The process may
// have been stopped after it had shown that it was allowed to, so that it sends the call when it goes on. The
// ledger says until when at the latest (Ledger::start_bound). A session whose start was begun counts as
// started at that moment; a session without one starts at once, unless the rows that say so may be lost
// (Ledger::doubt_until). Loop thread only; nothing here calls out.
//
// Example: the bound is 10:01:00 and request_timeout 30 s. The start is looked up from now on, and is sent
// again after a look-up that left at 10:01:46 or later and, like one before it, did not show it.
#pragma once

#include "core/circuit.h"

namespace keeper {

// When the start of a session that is loaded now had left at the latest.
Mono start_sent_by(const SessionRow& row, Mono start_bound, Mono now);

// Until when the start of the session may still leave that a former process had begun; empty: it may not.
std::optional<Mono> start_may_leave_until(const Tracked& session, Mono now);

// The same, of the session or of one whose start must be known before the session's own may leave.
std::optional<Mono> former_start_until(const Draft& draft, const Tracked& session);

// Counts a session without a start as one whose start may have left, where the store may have lost the row
// that said so: it is then looked up by its tag before it is started, and taken if it is there. Remotes
// without tags could not be told apart, and a place has one session at most.
void doubt_start(const Draft& draft, Tracked& session);

// What this says against a start, to be shown.
std::optional<StartBlock> former_start_block(const Draft& draft, const Tracked& session);

// Where a stop names a place, one of a former process would end what starts there next: until when the place
// stays with the session that has ended. Empty: it does not.
std::optional<Mono> place_kept_until(const Draft& draft, const Tracked& ended);

}  // namespace keeper
