// The store in a PostgreSQL database, for daemons on several machines: the writing connection of the node
// that leads. It is fenced (pg_lead.h): what it writes after another node took the lead is refused, and every
// call is refused from then on. No call waits longer than its limit for the server; after one that did, or
// that failed with the outcome unknown, the connection is dropped and needs_reopen() is true.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/thread_check.h"
#include "settings/database.h"
#include "store/pg_lead.h"
#include "store/store.h"

namespace keeper {

class PgWriter;

// The URL without what is secret, for errors and logs.
std::string pg_location(const PgSettings& settings);

// What a node that takes over saw of the store before.
struct StoreBefore {
  InstanceId instance{};  // the store that it must be; empty: any
  bool has_lost = false;  // acknowledged commits are known to be lost
};

class PgStore final : public Store {
 public:
  // Makes the tables where there are none, and takes the lead where nobody has it. Where another node leads
  // it is refused as `in_use`.
  static Result<std::unique_ptr<PgStore>> open(const PgSettings& settings, Refusal* refusal = nullptr);

  // As open(), and takes the lead from whoever had it when the row was `seen`, which must be known to be over
  // (LeaseWatch). Where the database is on another timeline than its last leader saw it on, or commits are
  // known to be lost, rows may be lost that it had acknowledged (Ledger::doubt_until).
  static Result<std::unique_ptr<PgStore>> take_over(const PgSettings& settings, const LeadRow& seen,
                                                    Refusal* refusal = nullptr,
                                                    const StoreBefore& before = {});

  // Gives the lead back, unless a failure has left the connection in doubt.
  ~PgStore() override;

  void hand_over() const override { thread_.release(); }
  const InstanceId& instance() const override { return instance_; }
  const std::string& location() const override { return location_; }
  Result<Ledger> load() override {
    return load([] {});
  }
  // The lease is renewed on the way. `goes_on` is called after each step of a load that takes several.
  Result<Ledger> load(const std::function<void()>& goes_on);
  Result<std::int64_t> commit(const Batch& batch) override;
  // Renews the lease as well.
  Status probe() override;
  Result<Findings> look_up(const Questions& questions) override;
  bool needs_reopen() const override { return needs_reopen_; }
  // Fails for good where another node leads.
  Status reopen() override;
  Result<Pruned> prune(Wall ended_before, int rows_max) override;
  // As reckoned by what was written and pruned.
  Result<std::int64_t> used_bytes() override;

  // Until when this node may believe that it leads; any thread.
  Mono lead_until() const { return Mono{Millis{lead_until_.load()}}; }
  // When the lease must be renewed, if nothing was committed until then; any thread.
  Mono renew_at() const;
  // Whether another node has taken the lead: this process must end. Any thread.
  bool is_deposed() const { return deposed_.load(); }
  // Of the lead that this object has.
  std::int64_t epoch() const { return fence_.epoch; }
  const PgFence& fence() const { return fence_; }
  // The timeline on which the store was last known to be whole, where that is another one; empty: it is
  // whole. Of the moment when this object took the lead.
  const std::string& doubted_since() const { return doubted_since_; }
  // How many commits that were acknowledged to this object the database has lost; any thread.
  std::int64_t lost_commits() const { return lost_commits_.load(); }

 private:
  explicit PgStore(const PgSettings& settings);

  static Result<std::unique_ptr<PgStore>> begin(const PgSettings& settings, const LeadRow* seen,
                                                Refusal* refusal, const StoreBefore& before);
  Status connect();
  void disconnect();
  void look_for_loss(const LeadRow& row);
  Status identify_store(Refusal* refusal);
  Status check_durability();
  Status take(const LeadRow* seen, Refusal* refusal, bool has_lost);
  void forget_other_boot();
  void hold_until(Mono sent);
  ErrorKind judge(const pg::Failed& failure);
  Error deposed() const;
  template <class Call>
  auto run(Call&& call) -> decltype(call());

  const PgSettings settings_;
  const std::string location_;
  const Millis patience_;  // of a commit
  InstanceId instance_;
  int version_ = 0;
  PgFence fence_;
  Mono start_bound_ = Mono::min();  // Ledger::start_bound
  Mono doubt_until_ = Mono::min();  // Ledger::doubt_until
  std::string doubted_since_;
  std::int64_t commits_ = 0;  // that were acknowledged to this object, while the connection is lost
  std::unique_ptr<pg::Connection> connection_;
  std::unique_ptr<PgWriter> writer_;
  bool needs_reopen_ = false;
  std::atomic<bool> deposed_{false};
  std::atomic<std::int64_t> lost_commits_{0};
  std::atomic<Millis::rep> lead_until_{0};
  ThreadCheck thread_;
};

}  // namespace keeper
