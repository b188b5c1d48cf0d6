// Cluster: the run of one seed with several nodes. Each runs the daemon's own rounds and keeper over a store
// that is fenced, and waits as a follower by the daemon's own LeaseWatch. Nodes are killed, stopped and cut
// off, and their boot-time clocks do not run alike. The database goes away, loses its standby, and its
// standby takes its place. One rule that is broken ends the run. In the second phase nothing fails any more.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "runtime/inbox.h"
#include "runtime/rounds.h"
#include "sim/cluster_store.h"
#include "sim/sim_provider.h"
#include "sim/simulation.h"

namespace keeper::sim {

// A machine with the one process that lives on it. Its clocks are functions of the true time.
struct Node {
  std::string name, boot;
  Millis::rep fast_ppm = 0;  // how much its boot-time clock is too fast
  Millis ahead{0};           // of that clock at the beginning
  Millis wall_ahead{0};
  Link link;
  bool provider_cut = false;
  Mono stands_until{};  // its process is stopped, or its loop waits

  std::uint64_t process = 0;  // 0: none lives
  LeaseWatch watch;
  Mono look_at{}, looked_at{}, unbroken_since{};
  bool claims = false;  // it is about to
  std::unique_ptr<FencedStore> store;
  std::unique_ptr<LinkAccess> access;
  std::unique_ptr<Inbox> inbox;
  std::unique_ptr<Rounds> rounds;  // null: it follows
  std::map<Waiter, SimDelivery> waiting;
  Mono prune_at{};
  std::optional<Mono> leaving_since;
  int fenced_calls = 0;  // under way
  bool stop_at_next_write = false;

  Mono clock(Mono now) const;
  // The first moment at which that clock shows this.
  Mono when(Mono shown) const;
  Now shows(Mono now) const { return {Wall{now.time_since_epoch()} + wall_ahead, clock(now)}; }
  bool leads() const { return rounds != nullptr; }
  std::string label() const { return name + "/" + std::to_string(process); }
  // What it believes of itself.
  bool believes(Mono now) const { return leads() && clock(now) < store->lead_until(); }
};

class Cluster {
 public:
  explicit Cluster(const Options& options);
  Verdict run();

 private:
  void draw_nodes();
  void draw_plans();
  void later(Mono at, std::function<void()> act);
  // Carried out by the process that the node has now, once it is not stopped; never, when that is gone.
  void of_process(Node& node, Mono at, std::function<void()> act);
  void live();
  void run_until(Mono end);
  Mono next_of(const Node& node) const;

  // Processes: cluster_node.cpp.
  void step(Node& node);
  void begin_process(Node& node);
  void end_process(Node& node, const std::string& why, Millis back_after);
  void follow(Node& node);
  void take(Node& node, const LeadRow& seen);
  void lead(Node& node);
  void work(Node& node);
  void keep_up(Node& node);
  void leave_if_asked(Node& node);
  RoundPorts ports(Node& node);

  // What goes wrong, and what is asked of the leader: cluster_faults.cpp.
  void meddle();
  void strike(Node& node);
  void strike_database();
  void stop(Node& node, Millis time);
  void spoil(Node& node, Way way, Millis time);
  void mend(Node& node);
  void churn();
  void load_config(Node& node);
  void send_delivery();
  void carry_deliveries();
  void deliver(SimDelivery delivery);
  void acknowledge(Node& node, Waiter waiter, std::optional<Ack> ack);
  void send_again(SimDelivery delivery);
  Node* believer();

  // Calls: cluster_calls.cpp.
  bool is_fenced(const Effect& effect) const;
  void dispatch(Node& node, const Effect& effect);
  void confirm(Node& node, const Effect& effect);
  void let_out(Node& node, const Effect& effect, Mono confirmed);
  void send(Node& node, const Effect& effect);
  Result<std::vector<Remote>> carry(const Effect& effect);
  Result<std::vector<Remote>> stop_at_place(SimProvider& provider, const Effect& effect);
  void answer(Node& node, Mono at, const Effect& effect, Mono sent, Result<std::vector<Remote>> remotes);

  // Rules: cluster_checks.cpp.
  void check_claim(const Node& node, const LeadRow& seen);
  void check_let_out(const Node& node, const Effect& effect);
  void check_started(const SessionId& session);
  void check_ends();
  void check_wanted();
  void check_recorded();

  void fail(const std::string& what);
  void log(const std::string& line);

  Options options_;
  Random random_;
  Terms terms_;
  bool single_ = false;  // one fault at a time
  Mono now_{std::chrono::hours{490'000}};
  Mono begin_{};
  bool healed_ = false;
  std::uint64_t processes_ = 0;
  std::multimap<Mono, std::function<void()>> queue_;  // at one moment in the order in which they came
  Database database_;
  std::vector<Node> nodes_;
  Mono troubled_until_{};  // in a run of single faults
  std::map<ProviderName, SimProvider> providers_;
  std::shared_ptr<Config> config_;
  std::set<std::pair<std::string, std::string>> acknowledged_;
  Waiter waiters_ = 0;
  int made_ = 0;  // deliveries of other people's sessions
  Verdict verdict_;
};

}  // namespace keeper::sim
