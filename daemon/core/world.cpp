#include "core/world.h"

#include "base/check.h"

namespace keeper {
namespace {

std::size_t index_of(State state) { return static_cast<std::size_t>(state); }

// Each store_* puts one value in place of another and keeps the indices true.
void store_session(World& world, const SessionId& id, const std::optional<Tracked>& value) {
  const auto old = world.sessions.find(id);
  if (old != world.sessions.end()) {
    world.session_queue.erase({old->second.due, id});
    if (old->second.row.remote_id) {
      world.by_remote.erase({old->second.row.provider, *old->second.row.remote_id});
    }
    world.sessions.erase(old);
  }
  if (!value) return;
  if (value->row.remote_id) world.by_remote[{value->row.provider, *value->row.remote_id}] = id;
  if (value->due != mono_never) world.session_queue.insert({value->due, id});
  world.sessions.emplace(id, *value);
}

void store_plan(World& world, const PlanName& name, const std::optional<PlanTrack>& value) {
  const auto old = world.plans.find(name);
  if (old != world.plans.end()) {
    world.plan_queue_mono.erase({old->second.wake_mono, name});
    world.plan_queue_wall.erase({old->second.wake_wall, name});
    world.plans.erase(old);
  }
  if (!value) return;
  if (value->wake_mono != mono_never) world.plan_queue_mono.insert({value->wake_mono, name});
  if (value->wake_wall != Wall::max()) world.plan_queue_wall.insert({value->wake_wall, name});
  world.plans.emplace(name, *value);
}

void store_sweep(World& world, const SweepKey& key, const std::optional<Sweep>& value) {
  const auto old = world.sweeps.find(key);
  if (old != world.sweeps.end()) {
    world.sweep_queue.erase({old->second.due, key});
    world.sweeps.erase(old);
  }
  if (!value) return;
  if (value->due != mono_never) world.sweep_queue.insert({value->due, key});
  world.sweeps.emplace(key, *value);
}

void store_held(World& world, std::int64_t id, const std::optional<Held>& value) {
  if (value) {
    world.held.put(id, *value);
  } else {
    world.held.remove(id);
  }
}

void store_alert(World& world, const AlertKey& key, const std::optional<AlertTrack>& value) {
  const auto old = world.alerts.find(key);
  if (old != world.alerts.end()) {
    world.alert_queue.erase({old->second.repeat_at, key});
    world.alerts.erase(old);
  }
  if (!value) return;
  if (value->repeat_at != mono_never) world.alert_queue.insert({value->repeat_at, key});
  world.alerts.emplace(key, *value);
}

void store_message(World& world, const std::string& id, const std::optional<MessageTrack>& value) {
  const auto old = world.messages.find(id);
  if (old != world.messages.end()) {
    world.message_queue.erase({old->second.due, id});
    world.messages.erase(old);
  }
  if (!value) return;
  if (value->due != mono_never) world.message_queue.insert({value->due, id});
  world.messages.emplace(id, *value);
}

template <class K, class V>
void store_plain(std::map<K, V>& map, const K& key, const std::optional<V>& value) {
  if (value) {
    map.insert_or_assign(key, *value);
  } else {
    map.erase(key);
  }
}

// Counts move by transitions, so that rows that left the memory stay counted.
void count(World& world, const Batch& batch, std::int64_t sign) {
  for (const TransitionRow& transition : batch.transitions) {
    if (transition.from) world.counts[index_of(*transition.from)] -= sign;
    world.counts[index_of(transition.to)] += sign;
  }
}

template <bool forward, class K, class V>
const std::optional<V>& side(const Change<K, V>& change) {
  return forward ? change.after : change.before;
}

template <bool forward>
void move_world(World& world, const Decision& decision) {
  for (const auto& change : decision.sessions) store_session(world, change.key, side<forward>(change));
  for (const auto& change : decision.slots) store_plain(world.slots, change.key, side<forward>(change));
  for (const auto& change : decision.plans) store_plan(world, change.key, side<forward>(change));
  for (const auto& change : decision.scopes) store_plain(world.scopes, change.key, side<forward>(change));
  for (const auto& change : decision.providers)
    store_plain(world.providers, change.key, side<forward>(change));
  for (const auto& change : decision.sweeps) store_sweep(world, change.key, side<forward>(change));
  for (const auto& change : decision.held) store_held(world, change.key, side<forward>(change));
  for (const auto& change : decision.budgets) store_plain(world.budgets, change.key, side<forward>(change));
  for (const auto& change : decision.alerts) store_alert(world, change.key, side<forward>(change));
  for (const auto& change : decision.messages) store_message(world, change.key, side<forward>(change));
  for (const auto& change : decision.targets) store_plain(world.targets, change.key, side<forward>(change));
  world.budgets_due = forward ? decision.budgets_due_after : decision.budgets_due_before;
  world.config = forward ? decision.config_after : decision.config_before;
  world.shutting_down = forward ? decision.shutting_down_after : decision.shutting_down_before;
  world.tickets = forward ? decision.tickets_after : decision.tickets_before;
  world.last_delivery = forward ? decision.last_delivery_after : decision.last_delivery_before;
  world.clock_offset = forward ? decision.clock_offset_after : decision.clock_offset_before;
  count(world, decision.batch, forward ? 1 : -1);
}

}  // namespace

const DeliveryRow* recorded_by(const std::vector<Decision>& decisions, std::int64_t id) {
  for (const Decision& decision : decisions) {
    for (const DeliveryRow& row : decision.batch.deliveries) {
      if (row.id == id) return &row;
    }
  }
  return nullptr;
}

void World::apply(const Decision& decision) { move_world<true>(*this, decision); }

void World::revert(const Decision& decision) { move_world<false>(*this, decision); }

}  // namespace keeper
