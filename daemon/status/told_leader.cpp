#include "status/told_leader.h"

#include <charconv>

#include "base/host_name.h"

namespace keeper {

bool follows(const DaemonFacts& facts) { return facts.cluster && !facts.cluster->leads; }

bool holds(const ClusterFacts& cluster) {
  return cluster.leads && cluster.lease_left && *cluster.lease_left < Millis{0};
}

bool takes_lead(const DaemonFacts& facts) {
  return !facts.cluster || (facts.cluster->leads && !holds(*facts.cluster));
}

ClusterFacts nodes_of(const DaemonFacts& facts) {
  if (facts.cluster) return *facts.cluster;
  ClusterFacts alone;
  const std::string name = host_name();
  alone.node = alone.leader = name.empty() ? "localhost" : name;
  alone.leads = true;
  alone.leads_since = facts.started_at;
  NodeRow& node = alone.nodes.emplace_back();
  node.node = alone.node;
  node.version = facts.version;
  node.state = NodeState::leader;
  return alone;
}

std::string told_follower(const ClusterFacts& cluster) {
  return "this is node " + cluster.node + ", a follower; " + told_leader(cluster) +
         (cluster.leader.empty() ? "" : "; ask it there");
}

std::string why_not_lead(const NodeRow& node) {
  if (!is_live(node)) return "was not seen for " + to_text(std::chrono::floor<Seconds>(node.seen_ago));
  switch (node.state) {
    case NodeState::leader:
    case NodeState::follower:
    case NodeState::config_differs:
      return {};
    case NodeState::too_old:
      return "does not know the store's tables: its program is too old";
    case NodeState::not_durable:
      return "may not lead, since the database could lose what it has acknowledged";
    case NodeState::clock_off:
      return "may not lead, since its clock is too far from the database's";
    case NodeState::store_moved:
      return "may not lead, since the store was moved to a file";
  }
  return {};
}

std::string_view to_word(Durability durability) {
  switch (durability) {
    case Durability::replicated:
      return "replicated";
    case Durability::local:
      return "local";
    case Durability::managed:
      return "managed";
  }
  return {};
}

std::int64_t timeline_number(const DatabaseFacts& database) {
  std::int64_t number = 0;
  const std::string& text = database.timeline;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

}  // namespace keeper
