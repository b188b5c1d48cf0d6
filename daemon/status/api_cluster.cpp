// Which nodes share the store, which of them leads, and the order to hand the lead over.
#include <algorithm>

#include "base/problem_document.h"
#include "status/http_api.h"
#include "status/json_rows.h"
#include "status/told_leader.h"

namespace keeper {
namespace {

constexpr std::size_t short_hash = 4;
constexpr const char* ask_again_seconds = "5";

// A problem document that also names the leader.
ApiAnswer at_leader_only(const ClusterFacts& cluster, const std::string& detail) {
  JsonWriter json;
  json.begin_object();
  json.field("type", "about:blank");
  json.field("title", reason_phrase(503));
  json.field("status", 503);
  json.field("detail", detail);
  json.text_or_null("leader", cluster.leader);
  json.text_or_null("leader_address", leader_address(cluster));
  json.end_object();
  ApiAnswer answer{503, "application/problem+json", json.take()};
  answer.headers.emplace_back("Retry-After", ask_again_seconds);
  return answer;
}

std::optional<std::int64_t> millis_of(const std::optional<Millis>& time) {
  return time ? std::optional<std::int64_t>(time->count()) : std::nullopt;
}

std::optional<std::int64_t> known(std::int64_t number) {
  return number > 0 ? std::optional<std::int64_t>(number) : std::nullopt;
}

void write_node(JsonWriter& json, const NodeRow& node, const ClusterFacts& cluster) {
  const bool leads = node.state == NodeState::leader;
  json.begin_object();
  json.field("node", node.node);
  json.field("state", to_word(node.state));
  json.field("live", is_live(node));
  json.field("epoch", leads ? known(cluster.epoch) : std::nullopt);
  json.field("lease_left_ms",
             leads && node.node == cluster.node ? millis_of(cluster.lease_left) : std::nullopt);
  json.field("seen_ago_ms", node.seen_ago.count());
  json.field("version", node.version);
  json.text_or_null("config", node.config_hash.substr(0, short_hash));
  json.text_or_null("config_hash", node.config_hash);
  json.field("clock_offset_ms", millis_of(node.clock_offset));
  json.text_or_null("address", node.address);
  json.text_or_null("incarnation", node.incarnation);
  json.end_object();
}

void write_database(JsonWriter& json, const ClusterFacts& cluster) {
  const DatabaseFacts& database = cluster.database;
  json.begin_object("database");
  json.text_or_null("server", database.server);
  json.text_or_null("version", database.version);
  json.field("timeline", known(timeline_number(database)));
  json.field("synchronous_standbys", database.synchronous_standbys);
  json.field("durability", to_word(cluster.durability));
  json.field("commits", database.commits);
  json.text_or_null("unreachable", cluster.unreachable);
  json.end_object();
}

// Why this node cannot take over; empty: it can.
std::string why_not_successor(const ClusterFacts& cluster, const NodeRow& node) {
  if (node.node == cluster.leader) return "node " + node.node + " leads already";
  const std::string why = why_not_lead(node);
  return why.empty() ? std::string{} : "node " + node.node + " " + why;
}

// The same of any node: why none can.
std::string why_no_successor(const ClusterFacts& cluster) {
  std::string reasons;
  for (const NodeRow& node : cluster.nodes) {
    if (node.node == cluster.leader) continue;
    const std::string why = why_not_successor(cluster, node);
    if (why.empty()) return {};
    reasons += "; " + why;
  }
  return "there is no other node that could lead" + reasons;
}

}  // namespace

void write_cluster(JsonWriter& json, const DaemonFacts& facts) {
  json.key("cluster");
  if (!facts.cluster) return json.value(nullptr);
  const ClusterFacts& cluster = *facts.cluster;
  json.begin_object();
  json.field("node", cluster.node);
  json.field("leads", cluster.leads);
  json.text_or_null("leader", cluster.leader);
  json.text_or_null("leader_address", leader_address(cluster));
  json.end_object();
}

std::optional<ApiAnswer> Api::at_follower() {
  const DaemonFacts facts = ports_.facts();
  if (!follows(facts)) return std::nullopt;
  const ClusterFacts& cluster = *facts.cluster;
  return at_leader_only(cluster, told_follower(cluster));
}

ApiAnswer Api::leader(const ApiRequest&, const Parts&) {
  const DaemonFacts facts = ports_.facts();
  if (!takes_lead(facts)) {
    const ClusterFacts& cluster = *facts.cluster;
    return at_leader_only(cluster,
                          holds(cluster) ? "the lease of this node has run out" : told_leader(cluster));
  }
  const ClusterFacts cluster = nodes_of(facts);
  JsonWriter json;
  json.begin_object();
  json.field("status", "leader");
  json.field("node", cluster.node);
  json.field("epoch", known(cluster.epoch));
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::nodes(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const DaemonFacts facts = ports_.facts();
  const ClusterFacts cluster = nodes_of(facts);
  JsonWriter json;
  json.begin_object();
  json.field("node", cluster.node);
  json.field("leads", cluster.leads);
  json.field("holds", holds(cluster));
  json.text_or_null("leader", cluster.leader);
  json.text_or_null("leader_address", leader_address(cluster));
  json.field("epoch", known(cluster.epoch));
  json.field("leads_since", cluster.leads_since);
  json.text_or_null("waits_for", cluster.waits_for);
  json.field("as_of", facts.cluster ? cluster.as_of : std::optional<Wall>(wall_now()));
  json.begin_array("nodes");
  for (const NodeRow& node : cluster.nodes) write_node(json, node, cluster);
  json.end_array();
  if (facts.cluster) {
    write_database(json, cluster);
  } else {
    json.field("database", nullptr);
  }
  json.field("next", nullptr);
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::switchover(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  const std::string node = query.text("node").value_or("");
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const DaemonFacts facts = ports_.facts();
  if (!facts.cluster || !ports_.switchover)
    return problem(409, "the store is a file, which only this daemon can use: there is no other node");
  const ClusterFacts& cluster = *facts.cluster;
  if (!cluster.unreachable.empty())
    return problem(503, "the database cannot be asked: " + cluster.unreachable);
  if (cluster.leader.empty()) return problem(503, told_leader(cluster) + ", so that none can hand over");
  const NodeRow* wanted = find_node(cluster, node);
  if (!node.empty() && wanted == nullptr) return problem(404, "there is no node of this name");
  const std::string why = wanted ? why_not_successor(cluster, *wanted) : why_no_successor(cluster);
  if (!why.empty()) return problem(409, why);
  if (const Status asked = ports_.switchover(node); !asked) return problem(503, asked.error().what);
  JsonWriter json;
  json.begin_object();
  json.field("status", "accepted");
  json.field("leader", cluster.leader);
  json.text_or_null("node", node);
  json.end_object();
  return {.status = 202, .body = json.take()};
}

}  // namespace keeper
