#include "store/cluster.h"

#include <algorithm>

namespace keeper {

const NodeRow* find_node(const ClusterFacts& cluster, std::string_view name) {
  const auto found = std::find_if(cluster.nodes.begin(), cluster.nodes.end(),
                                  [&](const NodeRow& node) { return node.node == name; });
  return found == cluster.nodes.end() ? nullptr : &*found;
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
