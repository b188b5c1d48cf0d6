// Rowless: what of a decision needs no row in the store, so that it may go on in an outage; whether the
// store's rows equal the keeper's, and what the store has lost of them. The functions keep no state. Loop
// thread.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/world.h"

namespace keeper {

// The first difference, in words; empty if they are equal.
std::string difference(const World& world, const Ledger& ledger);

// The rows that the keeper holds, as they were committed, and that the store has lost or has in an older
// state. Written again, they keep what lives from being started twice or left behind; the history of a
// session says that it was so. What the store has and the keeper does not is left for the next process to
// look after. The acknowledged deliveries that are lost are gone, because the keeper holds none. Each
// session's transition comes from nothing; who writes it puts the state in that the store has.
Batch lost_rows(const World& world, const Ledger& ledger, Now now);

// What of a tick may be installed while the store cannot be written: calls that leave every row as it is
// (heartbeats, reads, stops that are asked for again), with the volatile changes that belong to them. Of the
// sessions in `written`, whose rows are in doubt, heartbeats alone.
Decision rowless_part(const Decision& tick, const std::set<SessionId>& written);

// The decision where it can do without a row, else empty. An answer that would change nothing but the words
// kept of a session (the provider's status, the last error) can: the words come again with a later answer.
// `written`, where given: sessions whose rows are in doubt; then nothing but providers, other sessions and
// heartbeats may change.
std::optional<Decision> rowless(Decision decision, const std::set<SessionId>* written);

}  // namespace keeper
