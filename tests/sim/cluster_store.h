// The store of one node of several, over their database in virtual time: as PgStore (store/pg_store.h) does,
// it fences what it writes, counts the lease from when a renewal was sent, takes an unknown outcome and a
// warning for a failure, and refuses every call once another node leads. What is asked of it while the way to
// the database is bad takes time, which the loop does not wait for beyond the commit patience.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/store_access.h"
#include "sim/cluster_database.h"

namespace keeper::sim {

// How a node reaches the database.
enum class Way {
  open,
  slow,        // answers take `delay`
  cut,         // nothing arrives
  loses,       // what is sent arrives, its answer does not
  holds_back,  // what is sent arrives when the way is open again, and nobody waits for it any more
};

struct Link {
  Way way = Way::open;
  Millis delay{0};
  std::vector<Transaction> held;
  bool answers() const { return way == Way::open || way == Way::slow; }
};

// What the nodes agree on.
struct Terms {
  Millis lease = Seconds{10};
  Millis pause_allowance = std::chrono::minutes{1};
  Millis patience() const { return std::min<Millis>(Seconds{2}, lease / 5); }  // of a commit
};

class FencedStore final : public Store {
 public:
  // `clock`: the node's boot-time clock. `boot`: of the node's machine.
  FencedStore(Database& database, Link& link, const Terms& terms, std::uint64_t process, std::string node,
              std::string boot, std::function<Mono()> clock);

  // Takes the lead from whoever had it when the row was as it was seen. False: nobody knows, or it was taken.
  bool claim(const LeadRow& seen, const std::string& token);
  // Lets another node claim at once: only when no call may leave any more that this node, or one before it,
  // had begun.
  void release();
  // Whether a look at the row, which left now, shows that this node leads; empty: there is no answer.
  std::optional<bool> confirm() const;

  bool is_deposed() const { return deposed_; }
  Mono lead_until() const { return lead_until_; }
  Mono renewed_at() const { return renewed_at_; }
  // How long the last call went on after it was made, and whether the loop waits for it; asking forgets it.
  struct Took {
    Millis time{0};
    bool waits = true;
  };
  Took took() { return std::exchange(took_, {}); }

  void hand_over() const override {}
  const InstanceId& instance() const override { return database_.rows().instance(); }
  const std::string& location() const override { return node_; }
  Result<Ledger> load() override;
  Result<std::int64_t> commit(const Batch& batch) override;
  Status probe() override;
  Result<Findings> look_up(const Questions& questions) override;
  bool needs_reopen() const override { return needs_reopen_; }
  Status reopen() override;
  Result<Pruned> prune(Wall ended_before, int rows_max) override;
  Result<std::int64_t> used_bytes() override { return database_.rows().used_bytes(); }

 private:
  Transaction transaction() const;
  Outcome send(const Transaction& transaction);
  Status write(const Transaction& transaction);
  Status reach();
  Error fails(const std::string& what);
  Status forget_other_boot();

  Database& database_;
  Link& link_;
  const Terms terms_;
  const std::uint64_t process_;
  const std::string node_, boot_;
  const std::function<Mono()> clock_;
  PgFence fence_;
  std::int64_t commits_ = 0;
  Mono start_bound_ = Mono::min();
  Mono doubt_until_ = Mono::min();
  Mono lead_until_ = Mono::min();
  Mono renewed_at_ = Mono::min();
  bool needs_reopen_ = false, deposed_ = false;
  Took took_;
};

// The loop's way to that store: a call that takes longer than the loop waits goes on.
class LinkAccess final : public StoreAccess {
 public:
  LinkAccess(FencedStore& store, std::function<Mono()> now) : store_(store), now_(std::move(now)) {}
  bool run(StoreWork work) override;
  bool idle() override { return now_() >= busy_until_; }
  Mono busy_until() const { return busy_until_; }
  Mono blocked_until() const { return blocked_until_; }  // the loop waits

 private:
  FencedStore& store_;
  const std::function<Mono()> now_;
  Mono busy_until_{}, blocked_until_{};
};

}  // namespace keeper::sim
