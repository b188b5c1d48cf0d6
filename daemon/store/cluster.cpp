#include "store/cluster.h"

#include <algorithm>

namespace keeper {

bool shares_name(const NodeRow& node, const std::vector<NodeRow>& nodes) {
  return is_live(node) && std::any_of(nodes.begin(), nodes.end(), [&](const NodeRow& other) {
           return other.node == node.node && other.incarnation != node.incarnation && is_live(other);
         });
}

bool is_heir(const NodeRow& node, const ClusterFacts& cluster) {
  if (node.incarnation == cluster.incarnation || !is_live(node)) return false;
  switch (node.state) {
    case NodeState::leader:
    case NodeState::follower:
    case NodeState::config_differs:
      return true;
    case NodeState::too_old:
    case NodeState::not_durable:
    case NodeState::clock_off:
    case NodeState::store_moved:
      return false;
  }
  return false;
}

const NodeRow* find_node(const ClusterFacts& cluster, std::string_view name) {
  const NodeRow* found = nullptr;
  for (const NodeRow& node : cluster.nodes) {
    if (node.node == name && (found == nullptr || node.state == NodeState::leader)) found = &node;
  }
  return found;
}

std::string leader_address(const ClusterFacts& cluster) {
  const NodeRow* leader = find_node(cluster, cluster.leader);
  return leader ? leader->address : std::string{};
}

std::string told_leader(const ClusterFacts& cluster) {
  if (cluster.leader.empty()) {
    const std::string& why = cluster.unreachable.empty() ? cluster.waits_for : cluster.unreachable;
    return "no node leads" + (why.empty() ? std::string{} : ": " + why);
  }
  const std::string address = leader_address(cluster);
  return "node " + cluster.leader + " leads" + (address.empty() ? std::string{} : ", at " + address);
}

}  // namespace keeper
