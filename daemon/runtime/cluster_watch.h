// ClusterWatch: how this node takes part in a database that several nodes share. While another node leads it
// watches the lead, and takes it once it is over. While this node leads it looks whether another one took the
// lead, and whether it is asked to hand over. It tells the other nodes of this one, and reads what they tell.
// It owns a thread and a connection of its own, so that the loop and the listeners never wait for either.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/locked.h"
#include "runtime/lasting.h"
#include "runtime/log.h"
#include "store/clock_rule.h"
#include "store/pg_cluster.h"
#include "store/pg_store.h"

namespace keeper {

class ClusterWatch {
 public:
  // Each is called on the watch's thread, and must not wait.
  struct Calls {
    std::function<void()> taken;      // this node leads: take_store() has its store
    std::function<void()> hand_over;  // this node leads, and is asked to hand over
    std::function<void()> deposed;    // this node led, and another one does now
    // While this node leads, every few seconds; with the late starts of former leaders, each until it was
    // told.
    std::function<void(const ClusterFacts&, const std::vector<LateStart>&)> read =
        [](const ClusterFacts&, const std::vector<LateStart>&) {};
    // The late starts whose notices are on disk.
    std::function<std::vector<LateStart>()> told = [] { return std::vector<LateStart>{}; };
    std::function<Wall()> wall = wall_now;  // what this machine's clock shows
  };

  // `own`: the node's name, address and version; the rest is filled in.
  ClusterWatch(const PgSettings& settings, NodeRow own, Calls calls);
  // Waits for the call to the database that is under way.
  ~ClusterWatch();
  ClusterWatch(const ClusterWatch&) = delete;
  ClusterWatch& operator=(const ClusterWatch&) = delete;

  // Any thread from here on. `lease_left` is not filled in.
  ClusterFacts facts();
  // When the thread last went round.
  Mono turned_at() const { return Mono{Millis{turned_at_.load()}}; }
  // The configuration in effect has another hash since a reload.
  void set_config_hash(const std::string& hash);
  // The store that this node leads, once; null before it took the lead.
  std::unique_ptr<PgStore> take_store();
  // Takes this node's row away, since its process ends.
  void leave();

 private:
  void stop();
  void work();
  void go_round();
  void follow();
  void lead();
  void exchange(Mono now);
  void note_answers();
  void note_shared_name();
  void hand_over_for_clock();
  NodeState state() const;
  // Why this node leaves a lead alone that nobody has.
  struct Wait {
    std::string why;   // empty: it does not
    std::string what;  // the same without what changes from look to look; empty: as `why`
  };
  Wait waits_for(const LeadRow& row, Mono now) const;
  void log_wait(Level level, const Wait& wait, Mono now);
  void take(const LeadRow& row);
  void note_unreachable(const Error& error);
  void count_commits(const LeadRow& row);

  PgSettings settings_;
  NodeRow own_;
  const Calls calls_;
  PgCluster cluster_;
  LeaseWatch lease_;
  ClockRule clock_rule_;
  CommitWatch commits_;
  std::optional<PgKnown> known_;
  std::optional<InstanceId> led_;    // of the store that some node has led since this process began
  std::string not_durable_;          // why no node may lead; empty: one may
  std::optional<ClusterRead> read_;  // the last one
  Mono exchange_at_{};
  std::optional<Mono> over_since_;  // since when nobody leads
  Lasting unreachable_;             // the database
  Lasting waits_;                   // the lead that this node leaves alone
  std::int64_t epoch_ = 0;          // of this node's lead; 0: it follows
  bool is_asked_ = false;           // to hand over
  bool shares_name_ = false;        // with another process that lives
  Locked<ClusterFacts> facts_;
  Locked<std::unique_ptr<PgStore>> store_;
  Locked<std::optional<std::string>> fresh_hash_;
  std::atomic<Millis::rep> turned_at_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace keeper
