// A decision in the making: reads fall through to the world, edits stay here until finish(). Loop thread
// only.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/world.h"

namespace keeper {

class Draft {
 public:
  Draft(const World& world, Now now)
      : world_(world),
        now_(now),
        config_(world.config),
        shutting_down_(world.shutting_down),
        tickets_(world.tickets),
        last_delivery_(world.last_delivery),
        budgets_due_(world.budgets_due) {}

  Now now() const { return now_; }
  const World& world() const { return world_; }
  const Config& config() const { return *config_; }
  bool shutting_down() const { return shutting_down_; }
  const Plan* plan(const PlanName& name) const;
  const Traits* traits(const ProviderName& name) const;
  const PlanTrack* plan_track(const PlanName& name) const;  // null: nothing is known of it
  bool is_paused(const PlanName& name) const;

  const Tracked* find(const SessionId& id) const;  // null: not tracked
  const SessionId* find(const RemoteKey& key) const;
  const Slot& slot(const SlotKey& key) const;  // an empty one if there is none
  const Scope& scope(const std::string& key) const;

  Tracked& edit(const SessionId& id);  // must be tracked
  Slot& edit_slot(const SlotKey& key);
  PlanTrack& edit_plan(const PlanName& name);
  Scope& edit_scope(const std::string& key);
  ProviderTrack& edit_provider(const ProviderName& name);
  const ProviderTrack& provider(const ProviderName& name) const;  // a healthy one if there is none
  Sweep& edit_sweep(const SweepKey& key);

  const BudgetTrack* budget(const BudgetKey& key) const;  // null: none yet
  BudgetTrack& edit_budget(const BudgetKey& key);
  void set_budgets_due(Mono due) { budgets_due_ = due; }
  void hasten_budgets(Mono due) { budgets_due_ = std::min(budgets_due_, due); }
  // What a budget's sessions took, computed once for a decision; a session made in it has its least price added.
  const Amount* known_amount(const BudgetKey& key) const;
  const Amount& remember_amount(const BudgetKey& key, const Amount& amount);
  // Every session in the memory, with what this decision changed.
  template <class Visit>
  void each_session(Visit&& visit) const {
    for (const auto& [id, session] : world_.sessions) {
      const auto edit = sessions_.find(id);
      const SessionRow& row = edit == sessions_.end() ? session.row : edit->second.row;
      if (!row.resolved) visit(row);
    }
    for (const auto& [id, session] : sessions_) {
      if (!session.row.resolved && !world_.sessions.contains(id)) visit(session.row);
    }
  }

  const AlertTrack* alert(const AlertKey& key) const;  // null: not raised
  std::optional<AlertTrack>& edit_alert(const AlertKey& key);
  const MessageTrack* message(const std::string& id) const;  // null: there is none, or it is settled
  MessageTrack& edit_message(const std::string& id);
  const TargetTrack& target(const TargetName& name) const;
  TargetTrack& edit_target(const TargetName& name);
  void notice(Notice notice) { notices_.push_back(std::move(notice)); }
  void post(Post post) { posts_.push_back(std::move(post)); }

  void set_config(std::shared_ptr<const Config> config) { config_ = std::move(config); }
  void set_shutting_down() { shutting_down_ = true; }

  Tracked& add(const SessionRow& row);  // a new session
  void adopt(const SessionId& id, const RemoteId& remote);
  // Records it under a number of its own, and remembers that it waits until then.
  void hold(DeliveryRow row, Mono until);
  void drop_held(std::int64_t id);
  bool is_held(std::int64_t id) const;

  void transition(const SessionRow& row, std::optional<State> from, Cause cause, Wall at, std::string detail);
  void record(DeliveryRow row);  // a new delivery, under a number of its own
  void change(DeliveryRow row) { deliveries_.push_back(std::move(row)); }  // one that is recorded: where it belongs
  void miss(MissedRow row) { missed_.push_back(std::move(row)); }
  void acknowledge(Waiter waiter, Ack ack);
  void effect(Effect effect) { effects_.push_back(std::move(effect)); }
  std::uint64_t next_ticket() { return ++tickets_; }

  // Sessions and plans that an edit elsewhere made due; settled before the decision is finished.
  void wake_session(const SessionId& id) { woken_sessions_.insert(id); }
  void wake_plan(const PlanName& name) { woken_plans_.insert(name); }
  std::optional<SessionId> next_woken_session();
  std::optional<PlanName> next_woken_plan();

  Decision finish();

 private:
  void finish_notices(Decision& decision);

  const World& world_;
  Now now_;
  std::shared_ptr<const Config> config_;
  bool shutting_down_;
  std::uint64_t tickets_;
  std::int64_t last_delivery_;
  Mono budgets_due_;
  std::map<SessionId, Tracked> sessions_;
  std::map<SlotKey, Slot> slots_;
  std::map<PlanName, PlanTrack> plans_;
  std::map<std::string, Scope> scopes_;
  std::map<ProviderName, ProviderTrack> providers_;
  std::map<SweepKey, Sweep> sweeps_;
  std::map<std::int64_t, std::optional<Held>> held_;
  std::map<RemoteKey, SessionId> adopted_;
  std::map<BudgetKey, BudgetTrack> budgets_;
  std::map<BudgetKey, Amount> amounts_;
  std::map<AlertKey, std::optional<AlertTrack>> alerts_;
  std::map<std::string, MessageTrack> messages_;
  std::map<TargetName, TargetTrack> targets_;
  std::vector<Notice> notices_;
  std::vector<Post> posts_;
  std::vector<TransitionRow> transitions_;
  std::vector<DeliveryRow> deliveries_;
  std::vector<MissedRow> missed_;
  std::vector<Effect> effects_;
  std::vector<Acknowledgement> acks_;
  std::set<SessionId> woken_sessions_;
  std::set<PlanName> woken_plans_;
};

}  // namespace keeper
