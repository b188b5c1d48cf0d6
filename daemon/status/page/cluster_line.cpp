#include "status/page/cluster_line.h"

#include <vector>

#include "status/told_leader.h"
#include "store/clock_rule.h"

namespace keeper {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) all += i + 1 == names.size() ? " and " : ", ";
    all += names[i];
  }
  return all;
}

std::string standing_by(const ClusterFacts& cluster) {
  std::vector<std::string> names;
  for (const NodeRow& node : cluster.nodes) {
    if (node.node != cluster.leader && why_not_lead(node).empty()) names.push_back(node.node);
  }
  if (names.empty()) return "nobody stands by";
  return joined(names) + (names.size() == 1 ? " stands by" : " stand by");
}

std::string short_config(const NodeRow& node) { return node.config_hash.substr(0, 4); }

void tell(Html& list, const ClusterFacts& cluster, const NodeRow& node) {
  const std::string why = why_not_lead(node);
  const NodeRow* leader = find_node(cluster, cluster.leader);
  if (why.empty() && node.state != NodeState::config_differs) return;
  list.raw("<li><b>Node ").text(node.node).raw("</b> ");
  if (!why.empty()) {
    list.text(why).raw("</li>");
    return;
  }
  list.raw("has another configuration");
  if (leader != nullptr)
    list.raw(" (").text(short_config(node)).raw(", and not ").text(short_config(*leader)).raw(")");
  list.raw("; it leads only if nobody else can</li>");
}

bool lacks_standby(const ClusterFacts& cluster) {
  return cluster.durability == Durability::replicated && cluster.as_of &&
         cluster.database.synchronous_standbys == 0;
}

bool is_loopback_address(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("localhost:") || address.starts_with("[::1]");
}

}  // namespace

void write_cluster_line(Html& html, const ClusterFacts& cluster) {
  Html troubles(html.now());
  tell_cluster_troubles(troubles, cluster);
  const std::string_view mood = troubles.inner().empty() ? "good" : "bad";
  html.raw("<p class=\"nodes\">");
  if (cluster.leader.empty()) {
    html.state(mood, "no node leads").raw(", ");
  } else {
    html.state(mood, "node " + cluster.leader + (holds(cluster) ? " has led" : " leads"));
    if (cluster.leads_since) html.raw(" since ").time(cluster.leads_since);
    html.raw(", ");
  }
  html.text(standing_by(cluster));
  const DatabaseFacts& database = cluster.database;
  if (!database.server.empty()) {
    html.raw("<small>database ").text(database.server).raw(", PostgreSQL ").text(database.version);
    html.raw(", timeline ").number(timeline_number(database)).raw(", ").number(database.synchronous_standbys);
    html.raw(database.synchronous_standbys == 1 ? " synchronous standby" : " synchronous standbys");
    html.raw(", durability ").raw(to_word(cluster.durability)).raw("</small>");
  }
  html.raw("</p>\n");
}

void tell_cluster_troubles(Html& list, const ClusterFacts& cluster) {
  if (cluster.leader.empty()) {
    list.raw("<li><b>No node leads</b>");
    if (!cluster.waits_for.empty()) list.raw(": ").text(cluster.waits_for);
    list.raw("</li>");
  }
  if (!cluster.unreachable.empty()) {
    list.raw("<li><b>The database</b> does not answer: ").text(cluster.unreachable);
    if (cluster.as_of) list.raw("; what stands here of the nodes is as of ").time(cluster.as_of);
    list.raw("</li>");
  }
  if (holds(cluster))
    list.raw(
        "<li><b>The lease</b> of this node has run out: what lives is kept, and nothing is started</li>");
  if (lacks_standby(cluster)) {
    list.raw(
        "<li><b>The database</b> has no synchronous standby: what is acknowledged would be lost with its "
        "machine</li>");
  }
  if (is_database_off(cluster.nodes))
    list.raw("<li><b>The database's clock</b> is far from that of every node: set it by NTP</li>");
  for (const NodeRow& node : cluster.nodes) tell(list, cluster, node);
}

void write_way_to_leader(Html& html, const ClusterFacts& cluster) {
  if (cluster.leader.empty()) return;
  const std::string address = leader_address(cluster);
  html.raw("<section><div class=\"card empty\">What runs, and what comes next, only the leader knows. ");
  if (address.empty()) {
    html.raw("Where node ").text(cluster.leader).raw(" is to be asked is not known.");
  } else if (is_loopback_address(address)) {
    html.raw("Node ").text(cluster.leader).raw(" is to be asked at <code>").text(address);
    html.raw("</code> on its own machine.");
  } else {
    html.raw("Its page: <a href=\"http://").text(address).raw("/\">").text(address).raw("</a>");
  }
  html.raw("</div></section>\n");
}

}  // namespace keeper
