#include "core/world.h"

#include <algorithm>

#include "base/check.h"

namespace keeper {
namespace {

std::size_t index_of(State state) { return static_cast<std::size_t>(state); }

// A table with an index has list() and unlist() here, which keep the index true; any other has none.
template <class K, class V>
void list(World&, const K&, const V&) {}
template <class K, class V>
void unlist(World&, const K&, const V&) {}

void list(World& world, const SessionId& id, const Tracked& session) {
  if (session.row.remote_id) world.by_remote[{session.row.provider, *session.row.remote_id}] = id;
  if (session.due != mono_never) world.session_queue.insert({session.due, id});
}

void unlist(World& world, const SessionId& id, const Tracked& session) {
  world.session_queue.erase({session.due, id});
  if (session.row.remote_id) world.by_remote.erase({session.row.provider, *session.row.remote_id});
}

void list(World& world, const PlanName& name, const PlanTrack& plan) {
  if (plan.wake_mono != mono_never) world.plan_queue_mono.insert({plan.wake_mono, name});
  if (plan.wake_wall != Wall::max()) world.plan_queue_wall.insert({plan.wake_wall, name});
}

void unlist(World& world, const PlanName& name, const PlanTrack& plan) {
  world.plan_queue_mono.erase({plan.wake_mono, name});
  world.plan_queue_wall.erase({plan.wake_wall, name});
}

void list(World& world, const SweepKey& key, const Sweep& sweep) {
  if (sweep.due != mono_never) world.sweep_queue.insert({sweep.due, key});
}

void unlist(World& world, const SweepKey& key, const Sweep& sweep) {
  world.sweep_queue.erase({sweep.due, key});
}

void list(World& world, const AlertKey& key, const AlertTrack& alert) {
  if (alert.repeat_at != mono_never) world.alert_queue.insert({alert.repeat_at, key});
}

void unlist(World& world, const AlertKey& key, const AlertTrack& alert) {
  world.alert_queue.erase({alert.repeat_at, key});
}

void list(World& world, const std::string& id, const MessageTrack& message) {
  if (message.due != mono_never) world.message_queue.insert({message.due, id});
}

void unlist(World& world, const std::string& id, const MessageTrack& message) {
  world.message_queue.erase({message.due, id});
}

template <class K, class V>
void put(std::map<K, V>& table, const K& key, const V& value) {
  table.insert_or_assign(key, value);
}
template <class K, class V>
void remove(std::map<K, V>& table, const K& key) {
  table.erase(key);
}
void put(HeldDeliveries& table, std::int64_t id, const Held& held) { table.put(id, held); }
void remove(HeldDeliveries& table, std::int64_t id) { table.remove(id); }

// Puts one value in place of another.
template <class T, class K, class V>
void replace(World& world, T& table, const K& key, const std::optional<V>& value) {
  if (const V* old = find_in(table, key)) unlist(world, key, *old);
  if (value) {
    put(table, key, *value);
    list(world, key, *value);
  } else {
    remove(table, key);
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
  for_each_table(
      [&](auto& table, const auto& changes) {
        for (const auto& change : changes) replace(world, table, change.key, side<forward>(change));
      },
      world, decision);
  // A ticket is given once, also where the decision that gave it is taken back: its answer may still come.
  const std::uint64_t tickets = world.tickets;
  static_cast<Values&>(world) = forward ? decision.values_after : decision.values_before;
  world.tickets = std::max(world.tickets, tickets);
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
