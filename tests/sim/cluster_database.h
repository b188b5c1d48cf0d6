// The database of several nodes, in virtual time: the rows, which a store of the daemon's own keeps, and the
// row that says who leads. Each transaction is fenced as fence_text (store/pg_lead.h) fences it. A commit is
// safe once the standby has it. While the standby is away a commit ends with a warning: it is visible, and is
// lost when the standby is promoted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/pg_lead.h"
#include "store/store.h"

namespace keeper::sim {

struct Transaction {
  std::uint64_t process = 0;  // who sends it; the rule that only one may write is judged by this
  std::string node;
  PgFence fence;                  // of a claim: what it asks for
  std::int64_t commits = 0;       // that its sender knows of
  std::optional<LeadRow> seen{};  // a claim: the row as it was seen
  bool releases = false;
  Batch batch{};
  std::optional<Wall> prune_before{};
};

enum class Outcome {
  applied,
  warned,   // visible, and not at the standby
  refused,  // the sender does not lead, or does not know of a commit
  unknown,  // the database does not answer
};

class Database {
 public:
  // `fail` is told what breaks a rule.
  Database(const InstanceId& instance, std::function<void(const std::string&)> fail);

  Outcome submit(const Transaction& transaction);

  bool is_up() const { return is_up_; }
  void set_up(bool up) { is_up_ = up; }
  void set_standby(bool there);
  // The standby takes the place of the database, with what it has.
  void promote();

  const LeadRow& lead() const { return lead_; }
  std::uint64_t leader() const { return leader_; }  // the process that has the lead; 0: none had it yet
  Store& rows() { return *rows_; }
  const std::map<SessionId, SessionRow>& sessions() const { return sessions_; }
  std::size_t lost() const { return lost_; }  // transactions, by promotions
  // Of the machine whose boot-time clock the rows are of.
  const std::string& boot() const { return boot_; }
  void set_boot(const std::string& boot) { boot_ = boot; }

 private:
  struct Done {
    Transaction transaction;
    LeadRow lead;
    std::uint64_t leader = 0;
  };

  bool may(const Transaction& transaction) const;
  void apply(const Transaction& transaction);
  void write(const Transaction& transaction);

  const InstanceId instance_;
  const std::function<void(const std::string&)> fail_;
  std::unique_ptr<Store> rows_;
  LeadRow lead_;
  std::uint64_t leader_ = 0;
  std::map<SessionId, SessionRow> sessions_;
  std::vector<Done> done_;
  std::size_t replicated_ = 0;
  std::size_t lost_ = 0;
  std::string boot_;
  bool is_up_ = true, standby_ = true;
  int timeline_ = 1;
};

}  // namespace keeper::sim
