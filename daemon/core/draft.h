// Draft: a decision in the making. Reads see the world with the edits so far; edits stay here until finish()
// makes the Decision of them. The world must outlive the draft and is never changed by it. A reference that
// an edit returns stays valid until finish(). Loop thread only.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/world.h"

namespace keeper {

// What the heartbeats of one provider take; see core/heartbeat_load.h.
struct KeepLoad {
  int sessions = 0;  // that need heartbeats
  int late = 0;      // of these, whose heartbeat is late
  double calls = 0;  // at once, on average
};

class Draft {
 public:
  Draft(const World& world, Now now) : world_(world), now_(now), values_(world) {}

  Now now() const { return now_; }
  const World& world() const { return world_; }
  const Config& config() const { return *values_.config; }
  bool shutting_down() const { return values_.shutting_down; }
  const Plan* plan(const PlanName& name) const;
  const Traits* traits(const ProviderName& name) const;
  bool is_paused(const PlanName& name) const;

  // One entry of a table as it is now: a pointer is null, and a reference an empty one, where there is none.
  // An edit begins with what is there, or with an empty one.
  const Tracked* find(const SessionId& id) const { return look(edits_.sessions, world_.sessions, id); }
  const SessionId* find(const RemoteKey& remote) const;
  Tracked& edit(const SessionId& id);  // must be tracked
  const Slot& slot(const SlotKey& key) const { return look_or_empty(edits_.slots, world_.slots, key); }
  Slot& edit_slot(const SlotKey& key) { return edit_in(edits_.slots, world_.slots, key); }
  const PlanTrack* plan_track(const PlanName& name) const { return look(edits_.plans, world_.plans, name); }
  PlanTrack& edit_plan(const PlanName& name) { return edit_in(edits_.plans, world_.plans, name); }
  const Scope& scope(const std::string& key) const {
    return look_or_empty(edits_.scopes, world_.scopes, key);
  }
  Scope& edit_scope(const std::string& key) { return edit_in(edits_.scopes, world_.scopes, key); }
  const ProviderTrack& provider(const ProviderName& name) const {
    return look_or_empty(edits_.providers, world_.providers, name);
  }
  ProviderTrack& edit_provider(const ProviderName& name) {
    return edit_in(edits_.providers, world_.providers, name);
  }
  Sweep& edit_sweep(const SweepKey& key) { return edit_in(edits_.sweeps, world_.sweeps, key); }
  const BudgetTrack* budget(const BudgetKey& key) const { return look(edits_.budgets, world_.budgets, key); }
  BudgetTrack& edit_budget(const BudgetKey& key) { return edit_in(edits_.budgets, world_.budgets, key); }
  void set_budgets_due(Mono due) { values_.budgets_due = due; }
  void hasten_budgets(Mono due) { values_.budgets_due = std::min(values_.budgets_due, due); }
  // What a budget's sessions took, computed once for a decision; a session made in it has its least price
  // added.
  const Amount* known_amount(const BudgetKey& key) const;
  const Amount& remember_amount(const BudgetKey& key, const Amount& amount);
  // Every session in the memory, with what this decision changed.
  template <class Visit>
  void each_session(Visit&& visit) const {
    each_tracked([&](const Tracked& session) { visit(session.row); });
  }
  template <class Visit>
  void each_tracked(Visit&& visit) const {
    for (const auto& [id, session] : world_.sessions) {
      const auto edit = edits_.sessions.find(id);
      const Tracked& tracked = edit == edits_.sessions.end() ? session : *edit->second;
      if (!tracked.row.resolved) visit(tracked);
    }
    for (const auto& [id, session] : edits_.sessions) {
      if (!session->row.resolved && !world_.sessions.contains(id)) visit(*session);
    }
  }
  // What a provider's heartbeats take, computed once for a decision.
  const KeepLoad* known_load(const ProviderName& provider) const;
  const KeepLoad& remember_load(const ProviderName& provider, const KeepLoad& load);

  const AlertTrack* alert(const AlertKey& key) const { return look(edits_.alerts, world_.alerts, key); }
  std::optional<AlertTrack>& edit_alert(const AlertKey& key);  // empty: it is not raised
  const MessageTrack* message(const std::string& id) const {
    return look(edits_.messages, world_.messages, id);
  }
  MessageTrack& edit_message(const std::string& id) { return edit_in(edits_.messages, world_.messages, id); }
  const TargetTrack& target(const TargetName& name) const {
    return look_or_empty(edits_.targets, world_.targets, name);
  }
  TargetTrack& edit_target(const TargetName& name) { return edit_in(edits_.targets, world_.targets, name); }
  void notice(Notice notice) { notices_.push_back(std::move(notice)); }
  void post(Post post) { posts_.push_back(std::move(post)); }

  void set_config(std::shared_ptr<const Config> config) { values_.config = std::move(config); }
  void set_shutting_down(bool sessions_go_on) {
    values_.shutting_down = true;
    values_.sessions_go_on = sessions_go_on;
  }

  Tracked& add(const SessionRow& row);  // a new session
  void adopt(const SessionId& id, const RemoteId& remote);
  // Records it under a number of its own, and remembers that it waits until then.
  void hold(DeliveryRow row, Mono until);
  void drop_held(std::int64_t id);
  bool is_held(std::int64_t id) const;

  void transition(const SessionRow& row, std::optional<State> from, Cause cause, Wall at, std::string detail);
  void record(DeliveryRow row);  // a new delivery, under a number of its own
  void change(DeliveryRow row) {
    deliveries_.push_back(std::move(row));
  }  // one that is recorded: where it belongs
  void miss(MissedRow row) { missed_.push_back(std::move(row)); }
  void acknowledge(Waiter waiter, Ack ack);
  void effect(Effect effect) { effects_.push_back(std::move(effect)); }
  std::uint64_t next_ticket() { return ++values_.tickets; }

  // Sessions and plans that an edit elsewhere made due; settled before the decision is finished.
  void wake_session(const SessionId& id) { woken_sessions_.insert(id); }
  void wake_plan(const PlanName& name) { woken_plans_.insert(name); }
  std::optional<SessionId> next_woken_session();
  std::optional<PlanName> next_woken_plan();

  Decision finish();

 private:
  template <class K, class V, class T>
  static const V* look(const std::map<K, std::optional<V>>& edits, const T& table, const K& key) {
    if (const auto edit = edits.find(key); edit != edits.end())
      return edit->second ? &*edit->second : nullptr;
    return find_in(table, key);
  }

  template <class K, class V, class T>
  static const V& look_or_empty(const std::map<K, std::optional<V>>& edits, const T& table, const K& key) {
    static const V none{};
    const V* found = look(edits, table, key);
    return found ? *found : none;
  }

  template <class K, class V, class T>
  static V& edit_in(std::map<K, std::optional<V>>& edits, const T& table, const K& key) {
    if (const auto edit = edits.find(key); edit != edits.end()) {
      return edit->second ? *edit->second : edit->second.emplace();
    }
    const V* found = find_in(table, key);
    return *edits.emplace(key, found ? *found : V{}).first->second;
  }

  const World& world_;
  Now now_;
  Values values_;
  Tables<Edits> edits_;
  std::map<RemoteKey, SessionId> adopted_;
  std::map<BudgetKey, Amount> amounts_;
  std::map<ProviderName, KeepLoad> loads_;
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
