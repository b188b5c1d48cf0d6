// Who leads, as far as this daemon knows. A daemon whose store is a file is the only node of it, and always
// leads. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "status/facts.h"

namespace keeper {

// Another node keeps the sessions, or none does.
bool follows(const DaemonFacts& facts);

// It leads, but its lease has run out without an answer of the database: another node may lead by now.
bool holds(const ClusterFacts& cluster);

// Whether what only the leader takes may be sent to this daemon. False while it holds.
bool takes_lead(const DaemonFacts& facts);

// What the nodes of the store are; where it is a file, this daemon alone, by the name of its machine.
ClusterFacts nodes_of(const DaemonFacts& facts);

// "this is node b, a follower; node a leads, at 10.0.0.1:8470; ask it there".
std::string told_follower(const ClusterFacts& cluster);

// Why a node may not take the lead, in words that follow its name; empty where it may.
std::string why_not_lead(const NodeRow& node);

std::string_view to_word(Durability durability);  // as the configuration has it

// 2 for "00000002"; 0 where it is not known.
std::int64_t timeline_number(const DatabaseFacts& database);

}  // namespace keeper
