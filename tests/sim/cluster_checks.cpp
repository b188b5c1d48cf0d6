// The rules of several nodes, held against the truth of the database and of the providers.
#include <algorithm>

#include "sim/sim_cluster.h"

namespace keeper::sim {

// 28: nobody believes in a lease that another one has claimed, and a claim follows an unbroken watch.
void Cluster::check_claim(const Node& claimant, const LeadRow& seen) {
  if (seen.released) return;
  for (const Node& node : nodes_) {
    if (&node != &claimant && node.believes(now_)) fail("28: a lease is claimed that its holder believes in");
  }
  if (now_ - claimant.unbroken_since < terms_.lease)
    fail("28: a lease is claimed after a watch that was broken");
}

// 28: no call that is fenced leaves a node whose lease is over.
void Cluster::check_let_out(const Node& node, const Effect& effect) {
  if (database_.leader() != node.process)
    fail("28: a " + std::string(to_string(effect.kind)) + " leaves a node that does not lead");
}

// 5: a session has one remote that lives, and so has its place in the plan.
void Cluster::check_started(const SessionId& session) {
  const auto started = database_.sessions().find(session);
  if (started == database_.sessions().end()) return fail("4: a start without a row: " + session.str());
  const SessionRow& row = started->second;
  int alive = 0;
  for (const SimRemote& remote : providers_.at(row.provider).remotes()) {
    const auto other = remote.alive ? database_.sessions().find(remote.session) : database_.sessions().end();
    if (other == database_.sessions().end()) continue;
    const bool hands_over = remote.session == row.predecessor;
    if (!hands_over && other->second.plan == row.plan && other->second.replica == row.replica) ++alive;
  }
  if (alive > 1) fail("5: two remotes live for one place of " + row.plan.str() + ": " + session.str());
}

// 6: with one fault at a time nothing that is kept alive lapses.
void Cluster::check_ends() {
  if (!single_) return;
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      const auto session = database_.sessions().find(remote.session);
      const bool given_up = session != database_.sessions().end() && session->second.remote_id == remote.id &&
                            session->second.reason == Reason::idle_timeout;
      // What somebody else ended while no row could be written may be taken for one that lapsed.
      if (given_up && remote.end_reason != Reason::ended_elsewhere)
        fail("6: a session lapsed: " + remote.session.str());
    }
  }
}

// 7: one node leads, and of each plan lives what it wants and nothing else.
void Cluster::check_wanted() {
  Node* leader = believer();
  if (!leader || leader->process != database_.leader()) return fail("28: nobody leads");
  const World& world = leader->rounds->keeper().world();
  std::map<std::pair<PlanName, int>, int> alive;
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!remote.alive) continue;
      const auto session = world.sessions.find(remote.session);
      const bool known = session != world.sessions.end() && session->second.row.remote_id == remote.id;
      if (!known) fail("7: an orphan is left: " + remote.id.str());
      if (known) ++alive[{session->second.row.plan, session->second.row.replica}];
    }
  }
  for (const auto& [name, plan] : config_->plans) {
    for (int replica = 0; replica < plan.count; ++replica) {
      if (alive[{name, replica}] != 1) fail("7: nothing is alive for " + name.str());
    }
  }
  const Ledger ledger = database_.rows().load().value();
  if (ledger.unresolved.size() != world.sessions.size() || ledger.counts != world.counts)
    fail("1: the store and the keeper hold the same sessions");
  if (ledger.last_seq != database_.lead().last_seq)
    fail("28: seq is without gaps and in the order of the commits");
}

// 8: what was acknowledged is in the store, whatever became of its node and of the database.
void Cluster::check_recorded() {
  for (const auto& [provider, key] : acknowledged_) {
    const auto found = database_.rows().look_up({.deliveries = {{ProviderName{provider}, key, {}}}}).value();
    if (!found.seen.at(0).delivery) fail("8: an acknowledged delivery is lost: " + key);
  }
}

}  // namespace keeper::sim
