// Round: the way of one turn from what happened to what leaves the process. Its steps, in this order:
// - questions(): what the store must be asked first.
// - decide(): each item, then ticks until nothing is due. A decision is installed as soon as it is made.
// - batch(): all rows of the round, for one transaction.
// - let_out(), once the transaction is on disk: acknowledgements and notices, then effects, then messages.
// Nothing leaves but by let_out() and let_out_rowless(). A round owns no thread, clock or log. Loop thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/keeper.h"
#include "runtime/inbox.h"
#include "runtime/look_up.h"
#include "store/store.h"

namespace keeper {

// Where the rounds meet the rest of the process. Each is called on the loop's thread unless said otherwise.
struct RoundPorts {
  // On the thread that uses the store: the transaction.
  std::function<Result<std::int64_t>(Store&, const Batch&)> commit = [](Store& store, const Batch& batch) {
    return store.commit(batch);
  };
  // Before an item is decided.
  std::function<void(const Event&, const World&, Now)> taken = [](const Event&, const World&, Now) {};
  std::function<void(const Batch&, const Config&)> on_disk = [](const Batch&, const Config&) {};
  std::function<void(std::vector<Effect>)> dispatch;
  std::function<void(const std::vector<Post>&)> post = [](const std::vector<Post>&) {};
  std::function<void(const TransitionRow&)> committed = [](const TransitionRow&) {};
  std::function<void(const Notice&)> noticed = [](const Notice&) {};
  std::function<void(const Change<ProviderName, ProviderTrack>&)> provider_changed =
      [](const Change<ProviderName, ProviderTrack>&) {};
  std::function<void(const Change<TargetName, TargetTrack>&)> target_changed =
      [](const Change<TargetName, TargetTrack>&) {};
  std::function<void(const Change<SessionId, Tracked>&)> session_changed =
      [](const Change<SessionId, Tracked>&) {};
  // The store refused rows for what they hold; why.
  std::function<void(const std::string&)> rows_refused = [](const std::string&) {};
  // Why the store cannot be used; empty once it can.
  std::function<void(const std::string&)> store_error = [](const std::string&) {};
};

class Round {
 public:
  Round() = default;
  explicit Round(std::vector<Item> items) : items_(std::move(items)) {}

  Asked questions(const Keeper& keeper, Now now) const { return questions_of(keeper, items_, now); }
  // `findings`: what was found of questions().
  void decide(Keeper& keeper, const Asked& asked, Findings findings, Now now, const RoundPorts& ports);

  // Adds a decision that needs no row.
  void add(Keeper& keeper, Decision decision, Now now);

  // The deliveries move into the batch, since they are large and the decisions do not need them afterwards.
  Batch batch();

  // Gives the acknowledgements, once the transaction is on disk. let_out() begins with it.
  void acknowledge();

  void let_out(const RoundPorts& ports);

  // Lets out those effects that need no row of this round, whatever becomes of its transaction.
  void let_out_rowless(const RoundPorts& ports);

  // Takes out the starts, for a round that had to wait for the disk: what they were decided by may have
  // passed. Returns their answers, which say that nothing was sent.
  std::vector<Item> withdraw_starts(Now now);

  // The sessions of which it writes a row.
  std::set<SessionId> written() const;

  // Takes its decisions back, the newest first; installs them once more. What became of a session's call
  // since stays: a call that was answered meanwhile is not under way again, and the session is looked at now.
  void revert(Keeper& keeper, Now now) const;
  void install(Keeper& keeper, Now now) const;

  std::vector<Item>& items() { return items_; }
  bool empty() const { return decisions_.empty(); }

 private:
  void decide_items(Keeper& keeper, const Asked& asked, Findings& findings, Now now, const RoundPorts& ports);
  void install(Keeper& keeper, Decision decision, Now now);
  enum class Side { before, after };
  void move_to(Side side, Keeper& keeper, Now now) const;
  std::map<SessionId, std::optional<Flight>> moved_calls(Side from, const Keeper& keeper) const;
  bool has_effect(const Flight& flight) const;
  std::optional<SessionRow> left_in_round(const ProviderName& provider, const RemoteId& remote) const;
  void find_held(Answer& answer, const Keeper& keeper, const Findings& findings) const;
  std::size_t find_known(Answer& answer, std::size_t item, const Keeper& keeper, const Asked& asked,
                         Findings& findings, std::size_t next) const;

  std::vector<Item> items_;
  std::vector<Decision> decisions_;
  std::set<std::pair<ProviderName, std::string>> keys_;  // of its deliveries
};

}  // namespace keeper
