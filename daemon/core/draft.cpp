#include "core/draft.h"

#include <utility>

#include "base/check.h"
#include "base/planted.h"

namespace keeper {
namespace {

// What is written of a table's entry that changed, and which entries leave the memory with this decision; a
// table that is volatile writes nothing, and its entries stay. `before` is null for what is new.
template <class K, class V>
void write_row(Batch&, const K&, const V*, const std::optional<V>&) {}
template <class V>
bool leaves_memory(const V&) {
  return false;
}

template <class Row, class V>
void write_changed(std::vector<Row>& rows, const V* before, const V& after) {
  if (!before || !(before->row == after.row)) rows.push_back(after.row);
}

void write_row(Batch& batch, const SessionId&, const Tracked* before, const std::optional<Tracked>& after) {
  if (planted(Bug::lossy_commit) && before && before->row.state == after->row.state) return;
  write_changed(batch.sessions, before, *after);
}

void write_row(Batch& batch, const PlanName&, const PlanTrack* before,
               const std::optional<PlanTrack>& after) {
  write_changed(batch.plans, before, *after);
}

void write_row(Batch& batch, const AlertKey& key, const AlertTrack* before,
               const std::optional<AlertTrack>& after) {
  if (after) {
    write_changed(batch.alerts, before, *after);
  } else if (before) {
    batch.resolved.push_back(key);
  }
}

void write_row(Batch& batch, const std::string&, const MessageTrack* before,
               const std::optional<MessageTrack>& after) {
  write_changed(batch.messages, before, *after);
}

// The row of a resolved session, and of a message that is settled, stays in the store.
bool leaves_memory(const Tracked& session) { return session.row.resolved; }
bool leaves_memory(const MessageTrack& message) { return message.row.state != MessageState::waiting; }

template <class K, class V, class T>
void finish_table(std::map<K, std::optional<V>>& edits, const T& table, std::vector<Change<K, V>>& changes,
                  Batch& batch) {
  for (auto& [key, after] : edits) {
    const V* before = find_in(table, key);
    write_row(batch, key, before, after);
    if (after && leaves_memory(*after)) after.reset();
    const bool same = before ? after && *before == *after : !after;
    if (same) continue;
    changes.push_back({key, before ? std::optional<V>(*before) : std::nullopt, std::move(after)});
  }
}

}  // namespace

const Plan* Draft::plan(const PlanName& name) const {
  const auto found = values_.config->plans.find(name);
  return found == values_.config->plans.end() ? nullptr : &found->second;
}

bool Draft::is_paused(const PlanName& name) const {
  const PlanTrack* track = plan_track(name);
  if (!track || !track->row.pause) return false;
  return !track->row.pause->until || now_.wall < *track->row.pause->until;
}

const Traits* Draft::traits(const ProviderName& name) const {
  const auto found = values_.config->providers.find(name);
  return found == values_.config->providers.end() ? nullptr : &found->second;
}

const SessionId* Draft::find(const RemoteKey& remote) const {
  if (const auto edit = adopted_.find(remote); edit != adopted_.end()) return &edit->second;
  return find_in(world_.by_remote, remote);
}

Tracked& Draft::edit(const SessionId& id) {
  KEEPER_CHECK(find(id) != nullptr);
  return edit_in(edits_.sessions, world_.sessions, id);
}

const Amount* Draft::known_amount(const BudgetKey& key) const {
  const auto found = amounts_.find(key);
  return found == amounts_.end() ? nullptr : &found->second;
}

const Amount& Draft::remember_amount(const BudgetKey& key, const Amount& amount) {
  return amounts_.insert_or_assign(key, amount).first->second;
}

const KeepLoad* Draft::known_load(const ProviderName& provider) const {
  const auto found = loads_.find(provider);
  return found == loads_.end() ? nullptr : &found->second;
}

const KeepLoad& Draft::remember_load(const ProviderName& provider, const KeepLoad& load) {
  return loads_.insert_or_assign(provider, load).first->second;
}

std::optional<AlertTrack>& Draft::edit_alert(const AlertKey& key) {
  if (const auto edit = edits_.alerts.find(key); edit != edits_.alerts.end()) return edit->second;
  const AlertTrack* found = find_in(world_.alerts, key);
  return edits_.alerts.emplace(key, found ? std::optional(*found) : std::nullopt).first->second;
}

Tracked& Draft::add(const SessionRow& row) {
  KEEPER_CHECK(find(row.id) == nullptr);
  Tracked tracked;
  tracked.row = row;
  return *edits_.sessions.emplace(row.id, std::move(tracked)).first->second;
}

void Draft::adopt(const SessionId& id, const RemoteId& remote) {
  Tracked& session = edit(id);
  session.row.remote_id = remote;
  session.known_at = now_.mono;
  adopted_[{session.row.provider, remote}] = id;
}

void Draft::record(DeliveryRow row) {
  row.id = ++values_.last_delivery;
  deliveries_.push_back(std::move(row));
}

void Draft::hold(DeliveryRow row, Mono until) {
  edits_.held[values_.last_delivery + 1] =
      Held{row.provider, remote_hash({row.provider, row.remote_id}), until};
  record(std::move(row));
}

void Draft::drop_held(std::int64_t id) { edits_.held[id] = std::nullopt; }

bool Draft::is_held(std::int64_t id) const {
  return world_.held.find(id) != nullptr && !edits_.held.contains(id);
}

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

Decision Draft::finish() {
  Decision decision;
  for_each_table([&](auto& edits, const auto& table,
                     auto& changes) { finish_table(edits, table, changes, decision.batch); },
                 edits_, world_, decision);
  values_.clock_offset = now_.wall.time_since_epoch() - now_.mono.time_since_epoch();
  decision.values_before = world_;
  decision.values_after = std::move(values_);
  decision.batch.transitions = std::move(transitions_);
  decision.batch.deliveries = std::move(deliveries_);
  decision.batch.missed = std::move(missed_);
  decision.effects = std::move(effects_);
  decision.posts = std::move(posts_);
  decision.notices = std::move(notices_);
  decision.acks = std::move(acks_);
  return decision;
}

}  // namespace keeper
