// Whether what the store holds equals what the keeper holds, and what of a decision needs no row.
// Pure; loop thread.
#pragma once

#include <string>

#include "core/world.h"

namespace keeper {

// The first difference, in words; empty if they are equal.
std::string difference(const World& world, const Ledger& ledger);

// The calls of a decision that leave every row as it is (heartbeats, reads, repeated stops), with the volatile
// changes that belong to them. While the store cannot be written, this much of a tick may be installed.
Decision rowless_part(const Decision& decision, const std::set<SessionId>& except);

// Changes no row; and, where `except` is given, nothing but providers and sessions that are not among those.
bool is_rowless(const Decision& decision, const std::set<SessionId>* except);

}  // namespace keeper
