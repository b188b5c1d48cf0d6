// What the nodes of a database know of each other: which take part, which leads, and what the database says
// of itself. Plain values without secrets; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/words.h"
#include "settings/database.h"

namespace keeper {

// How a node takes part, as its row says.
enum class NodeState {
  leader,
  follower,
  config_differs,  // a follower with another configuration than the leader's: it leads only if nobody else
                   // can
  too_old,         // a follower that does not know the store's tables: it never leads
  not_durable,     // a follower that may not lead, since the database has no synchronous standby
  clock_off,       // a follower whose wall clock is too far from the database's
  store_moved,     // a follower that never leads, since the store was moved to a file
};
inline constexpr std::array node_state_words{Word<NodeState>{NodeState::leader, "leader"},
                                             Word<NodeState>{NodeState::follower, "follower"},
                                             Word<NodeState>{NodeState::config_differs, "config_differs"},
                                             Word<NodeState>{NodeState::too_old, "too_old"},
                                             Word<NodeState>{NodeState::not_durable, "not_durable"},
                                             Word<NodeState>{NodeState::clock_off, "clock_off"},
                                             Word<NodeState>{NodeState::store_moved, "store_moved"}};
inline constexpr auto all_node_states = values_of(node_state_words);
const char* to_word(NodeState state);
std::optional<NodeState> node_state_of(std::string_view word);

struct NodeRow {
  std::string node;
  std::string incarnation;  // drawn by each process
  std::string version;      // of the program
  std::string address;      // of its status listener
  std::string config_hash;  // PgSettings::config_hash
  NodeState state = NodeState::follower;
  Millis seen_ago{0};                  // by the database's clock
  std::optional<Millis> clock_offset;  // of its wall clock from the database's; positive: it is ahead
  bool operator==(const NodeRow&) const = default;
};

// A start of a process that had lost the lead before the provider answered it: no session stands for what it
// made, until the leader finds it.
struct LateStart {
  std::string node;
  std::string provider;
  std::string session;
  std::string remote;
  auto operator<=>(const LateStart&) const = default;
};

// What the database says of itself.
struct DatabaseFacts {
  std::string server;    // host and port that answered
  std::string version;   // such as "15.18"
  std::string timeline;  // such as "00000002"; it changes when a standby takes over
  int synchronous_standbys = 0;
  std::int64_t commits = 0;  // since the store was made
  bool operator==(const DatabaseFacts&) const = default;
};

struct ClusterFacts {
  std::string node;         // this one
  std::string incarnation;  // of this process, as its row has it
  Durability durability = Durability::replicated;
  bool leads = false;
  std::string leader;  // the node that leads; empty: none, or not known
  std::int64_t epoch = 0;
  std::optional<Wall> leads_since;   // of this node, where it leads
  std::optional<Millis> lease_left;  // of this node, where it leads; negative: it holds
  std::string waits_for;  // why this node does not take the lead though nobody has it; empty: nothing
  // By name, with those not seen for up to a day; a name that several processes have comes several times.
  std::vector<NodeRow> nodes;
  DatabaseFacts database;
  std::optional<Wall> as_of;    // when the nodes and the database were last read
  std::string unreachable;      // why the database cannot be asked; empty while it can
  std::uint64_t takeovers = 0;  // by this process: 0 or 1
  std::string former;           // who led before this node; empty: nobody did
  bool handed_over = false;     // and let this node lead, instead of being given up
  std::int64_t last_seq = 0;    // of the store, where this node follows
  // How many acknowledged commits, at least, the database has been seen to lose since this process began.
  std::int64_t lost_commits = 0;
};

// A node that was not seen for longer is gone.
inline constexpr Millis node_gone_after = Seconds{20};
inline bool is_live(const NodeRow& node) { return node.seen_ago <= node_gone_after; }

// Whether another process that lives has the name of this one. Each is led and followed as a node of its own;
// but who is named as the next leader, and who leads, is told by the name.
bool shares_name(const NodeRow& node, const std::vector<NodeRow>& nodes);

// Whether another process lives that could lead in place of this one.
bool is_heir(const NodeRow& node, const ClusterFacts& cluster);

// Null for a node that is not known; of those with one name, the one that leads.
const NodeRow* find_node(const ClusterFacts& cluster, std::string_view name);

// Of the leader's status listener; empty where it is not known.
std::string leader_address(const ClusterFacts& cluster);

// "node a leads, at 10.0.0.1:8470" or "no node leads", and why not.
std::string told_leader(const ClusterFacts& cluster);

}  // namespace keeper
