#include "core/draft.h"

#include <utility>

#include "base/check.h"

namespace keeper {
namespace {

template <class K, class V>
const V* look(const std::map<K, V>& edits, const std::map<K, V>& base, const K& key) {
  if (const auto edit = edits.find(key); edit != edits.end()) return &edit->second;
  if (const auto found = base.find(key); found != base.end()) return &found->second;
  return nullptr;
}

template <class K, class V>
V& edit_in(std::map<K, V>& edits, const std::map<K, V>& base, const K& key) {
  if (const auto edit = edits.find(key); edit != edits.end()) return edit->second;
  const auto found = base.find(key);
  return edits.emplace(key, found == base.end() ? V{} : found->second).first->second;
}

// What changed of one map, as before and after.
template <class K, class V>
std::vector<Change<K, V>> changes(std::map<K, V>& edits, const std::map<K, V>& base) {
  std::vector<Change<K, V>> list;
  for (auto& [key, after] : edits) {
    const auto before = base.find(key);
    if (before == base.end()) {
      list.push_back({key, std::nullopt, std::move(after)});
    } else if (!(before->second == after)) {
      list.push_back({key, before->second, std::move(after)});
    }
  }
  return list;
}

}  // namespace

const Plan* Draft::plan(const PlanName& name) const {
  const auto found = config_->plans.find(name);
  return found == config_->plans.end() ? nullptr : &found->second;
}

const PlanTrack* Draft::plan_track(const PlanName& name) const { return look(plans_, world_.plans, name); }

bool Draft::is_paused(const PlanName& name) const {
  const PlanTrack* track = plan_track(name);
  if (!track || !track->row.pause) return false;
  return !track->row.pause->until || now_.wall < *track->row.pause->until;
}

const Traits* Draft::traits(const ProviderName& name) const {
  const auto found = config_->providers.find(name);
  return found == config_->providers.end() ? nullptr : &found->second;
}

const Tracked* Draft::find(const SessionId& id) const { return look(sessions_, world_.sessions, id); }

const SessionId* Draft::find(const RemoteKey& key) const { return look(adopted_, world_.by_remote, key); }

const Slot& Draft::slot(const SlotKey& key) const {
  static const Slot none;
  const Slot* found = look(slots_, world_.slots, key);
  return found ? *found : none;
}

const Scope& Draft::scope(const std::string& key) const {
  static const Scope none;
  const Scope* found = look(scopes_, world_.scopes, key);
  return found ? *found : none;
}

Tracked& Draft::edit(const SessionId& id) {
  KEEPER_CHECK(find(id) != nullptr);
  return edit_in(sessions_, world_.sessions, id);
}

Slot& Draft::edit_slot(const SlotKey& key) { return edit_in(slots_, world_.slots, key); }
PlanTrack& Draft::edit_plan(const PlanName& name) { return edit_in(plans_, world_.plans, name); }
Scope& Draft::edit_scope(const std::string& key) { return edit_in(scopes_, world_.scopes, key); }
ProviderTrack& Draft::edit_provider(const ProviderName& name) {
  return edit_in(providers_, world_.providers, name);
}

const ProviderTrack& Draft::provider(const ProviderName& name) const {
  static const ProviderTrack healthy;
  const ProviderTrack* found = look(providers_, world_.providers, name);
  return found ? *found : healthy;
}

Sweep& Draft::edit_sweep(const SweepKey& key) { return edit_in(sweeps_, world_.sweeps, key); }

const BudgetTrack* Draft::budget(const BudgetKey& key) const { return look(budgets_, world_.budgets, key); }
BudgetTrack& Draft::edit_budget(const BudgetKey& key) { return edit_in(budgets_, world_.budgets, key); }

const Amount* Draft::known_amount(const BudgetKey& key) const {
  const auto found = amounts_.find(key);
  return found == amounts_.end() ? nullptr : &found->second;
}

const Amount& Draft::remember_amount(const BudgetKey& key, const Amount& amount) {
  return amounts_.insert_or_assign(key, amount).first->second;
}

const AlertTrack* Draft::alert(const AlertKey& key) const {
  if (const auto edit = alerts_.find(key); edit != alerts_.end()) return edit->second ? &*edit->second : nullptr;
  const auto found = world_.alerts.find(key);
  return found == world_.alerts.end() ? nullptr : &found->second;
}

std::optional<AlertTrack>& Draft::edit_alert(const AlertKey& key) {
  if (const auto edit = alerts_.find(key); edit != alerts_.end()) return edit->second;
  const auto found = world_.alerts.find(key);
  return alerts_.emplace(key, found == world_.alerts.end() ? std::nullopt : std::optional(found->second)).first->second;
}

const MessageTrack* Draft::message(const std::string& id) const { return look(messages_, world_.messages, id); }
MessageTrack& Draft::edit_message(const std::string& id) { return edit_in(messages_, world_.messages, id); }

const TargetTrack& Draft::target(const TargetName& name) const {
  static const TargetTrack none;
  const TargetTrack* found = look(targets_, world_.targets, name);
  return found ? *found : none;
}

TargetTrack& Draft::edit_target(const TargetName& name) { return edit_in(targets_, world_.targets, name); }

Tracked& Draft::add(const SessionRow& row) {
  KEEPER_CHECK(find(row.id) == nullptr);
  Tracked tracked;
  tracked.row = row;
  return sessions_.emplace(row.id, std::move(tracked)).first->second;
}

void Draft::adopt(const SessionId& id, const RemoteId& remote) {
  Tracked& session = edit(id);
  session.row.remote_id = remote;
  adopted_[{session.row.provider, remote}] = id;
}

void Draft::record(DeliveryRow row) {
  row.id = ++last_delivery_;
  deliveries_.push_back(std::move(row));
}

void Draft::hold(DeliveryRow row, Mono until) {
  held_[last_delivery_ + 1] = Held{row.provider, remote_hash({row.provider, row.remote_id}), until};
  record(std::move(row));
}

void Draft::drop_held(std::int64_t id) { held_[id] = std::nullopt; }

bool Draft::is_held(std::int64_t id) const { return world_.held.find(id) != nullptr && !held_.contains(id); }

void Draft::transition(const SessionRow& row, std::optional<State> from, Cause cause, Wall at,
                       std::string detail) {
  TransitionRow transition;
  transition.session = row.id;
  transition.plan = row.plan;
  transition.provider = row.provider;
  transition.remote_id = row.remote_id;
  transition.from = from;
  transition.to = row.state;
  transition.reason = row.reason;
  transition.cause = cause;
  transition.at = at;
  transition.recorded_at = now_.wall;
  transition.detail = std::move(detail);
  transitions_.push_back(std::move(transition));
}

void Draft::acknowledge(Waiter waiter, Ack ack) {
  if (waiter != 0) acks_.push_back({waiter, ack});
}

std::optional<SessionId> Draft::next_woken_session() {
  if (woken_sessions_.empty()) return std::nullopt;
  return std::move(woken_sessions_.extract(woken_sessions_.begin()).value());
}

std::optional<PlanName> Draft::next_woken_plan() {
  if (woken_plans_.empty()) return std::nullopt;
  return std::move(woken_plans_.extract(woken_plans_.begin()).value());
}

void Draft::finish_notices(Decision& decision) {
  for (auto& [key, after] : alerts_) {
    const auto before = world_.alerts.find(key);
    const bool known = before != world_.alerts.end();
    if (!known && !after) continue;
    if (!after) {
      decision.batch.resolved.push_back(key);
    } else if (!known || !(before->second.row == after->row)) {
      decision.batch.alerts.push_back(after->row);
    }
    decision.alerts.push_back({key, known ? std::optional(before->second) : std::nullopt, std::move(after)});
  }
  for (auto& [id, after] : messages_) {
    const auto before = world_.messages.find(id);
    std::optional<MessageTrack> old = before == world_.messages.end() ? std::nullopt : std::optional(before->second);
    if (!old || !(old->row == after.row)) decision.batch.messages.push_back(after.row);
    const bool settled = after.row.state != MessageState::waiting;
    decision.messages.push_back({id, std::move(old), settled ? std::nullopt : std::optional(std::move(after))});
  }
  decision.targets = changes(targets_, world_.targets);
  decision.notices = std::move(notices_);
  decision.posts = std::move(posts_);
}

Decision Draft::finish() {
  Decision decision;
  for (auto& [id, after] : sessions_) {
    const auto before = world_.sessions.find(id);
    const bool known = before != world_.sessions.end();
    if (!known || !(before->second.row == after.row)) decision.batch.sessions.push_back(after.row);
    std::optional<Tracked> old = known ? std::optional<Tracked>(before->second) : std::nullopt;
    // A resolved session leaves the memory; its row stays in the store.
    if (after.row.resolved) {
      if (known) decision.sessions.push_back({id, std::move(old), std::nullopt});
    } else if (!known || !(before->second == after)) {
      decision.sessions.push_back({id, std::move(old), std::move(after)});
    }
  }
  for (const auto& [name, after] : plans_) {
    const auto before = world_.plans.find(name);
    if (before == world_.plans.end() || !(before->second.row == after.row)) {
      decision.batch.plans.push_back(after.row);
    }
  }
  decision.slots = changes(slots_, world_.slots);
  decision.plans = changes(plans_, world_.plans);
  decision.scopes = changes(scopes_, world_.scopes);
  decision.providers = changes(providers_, world_.providers);
  decision.sweeps = changes(sweeps_, world_.sweeps);
  for (auto& [id, after] : held_) {
    const Held* before = world_.held.find(id);
    decision.held.push_back({id, before ? std::optional<Held>(*before) : std::nullopt, std::move(after)});
  }
  finish_notices(decision);
  decision.budgets = changes(budgets_, world_.budgets);
  decision.budgets_due_before = world_.budgets_due;
  decision.budgets_due_after = budgets_due_;
  decision.config_before = world_.config;
  decision.config_after = config_;
  decision.shutting_down_before = world_.shutting_down;
  decision.shutting_down_after = shutting_down_;
  decision.tickets_before = world_.tickets;
  decision.tickets_after = tickets_;
  decision.last_delivery_before = world_.last_delivery;
  decision.last_delivery_after = last_delivery_;
  decision.clock_offset_before = world_.clock_offset;
  decision.clock_offset_after = now_.wall.time_since_epoch() - now_.mono.time_since_epoch();
  decision.batch.transitions = std::move(transitions_);
  decision.batch.deliveries = std::move(deliveries_);
  decision.batch.missed = std::move(missed_);
  decision.effects = std::move(effects_);
  decision.acks = std::move(acks_);
  return decision;
}

}  // namespace keeper
