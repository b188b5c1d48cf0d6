#include "core/keeper.h"

#include <algorithm>
#include <variant>

#include "base/check.h"
#include "base/planted.h"
#include "core/answers.h"
#include "core/budget.h"
#include "core/counting.h"
#include "core/deadlines.h"
#include "core/deliveries.h"
#include "core/former_start.h"
#include "core/lifecycle.h"
#include "core/notices.h"
#include "core/operator.h"
#include "core/plans.h"
#include "core/settle.h"
#include "core/sweep.h"

namespace keeper {
namespace {

constexpr int settle_rounds_max = 1'000'000;

bool takes_scope(const SessionRow& row, const Traits& traits) {
  if (traits.one_per_place) return row.start_sent_at || row.remote_id;
  return row.start_sent_at && !row.remote_id;
}

// After a start of the process the scopes are empty; the rows say who occupies them.
void claim_scope(Draft& draft, const Tracked& session) {
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits || !takes_scope(session.row, *traits)) return;
  const std::string key = scope_of(session.row, traits);
  if (key.empty() || draft.scope(key).holders.contains(session.row.id)) return;
  draft.edit_scope(key).holders.insert(session.row.id);
}

// Sessions and plans wake one another; every wake brings one of them a step on, so this ends.
void settle_woken(Draft& draft) {
  for (int round = 0; round < settle_rounds_max; ++round) {
    if (const auto session = draft.next_woken_session()) {
      settle(draft, *session);
    } else if (const auto plan = draft.next_woken_plan()) {
      reconcile_plan(draft, *plan);
    } else {
      return;
    }
  }
  check_failed("woken sessions and plans come to rest", __FILE__, __LINE__);
}

Tracked recovered(const SessionRow& row, Mono start_bound, Now now) {
  Tracked session;
  session.row = row;
  call_now(session, now.mono);
  session.known_at = now.mono;
  session.start_sent = start_sent_by(row, start_bound, now.mono);
  if (row.ending) session.stop_sent_by = start_bound;
  session.sent_before = true;
  look_again(session, now.mono);
  return session;
}

Slot recovered_slot(const SessionRow& latest, Now now) {
  Slot slot;
  slot.occurrence = latest.occurrence;
  slot.attempts = latest.attempt + 1;
  slot.failures = latest.failures;
  arm_attempt(slot, now.mono, Millis{0});
  if (is_terminal(latest.state)) {
    slot.last_state = latest.state;
    slot.last_reason = latest.reason;
    slot.last_error = latest.last_error;
    slot.ended_by_reload = latest.ending && latest.ending->cause == Cause::reload;
  }
  return slot;
}

void on_tick(Draft& draft, const Tick&) {
  const Now now = draft.now();
  const World& world = draft.world();
  for (auto at = world.session_queue.begin(); at != world.session_queue.end() && at->first <= now.mono;
       ++at) {
    draft.wake_session(at->second);
  }
  for (auto at = world.plan_queue_mono.begin(); at != world.plan_queue_mono.end() && at->first <= now.mono;
       ++at) {
    draft.wake_plan(at->second);
  }
  for (auto at = world.plan_queue_wall.begin(); at != world.plan_queue_wall.end() && at->first <= now.wall;
       ++at) {
    draft.wake_plan(at->second);
  }
  send_due_lists(draft);
  send_due_notices(draft);
  if (world.budgets_due <= now.mono) look_at_budgets(draft);
  unmatch_expired(draft);
}

void on_config_loaded(Draft& draft, const ConfigLoaded& loaded) {
  if (!planted(Bug::deaf_reload) || draft.config().plans.empty()) draft.set_config(loaded.config);
  for (const auto& [name, plan] : loaded.config->plans) {
    take_schedule(draft, plan);
    draft.wake_plan(name);
  }
  for (const auto& [name, track] : draft.world().plans) {
    if (!loaded.config->plans.contains(name)) leave_schedule(draft, name);
    draft.wake_plan(name);
  }
  for (const auto& [id, session] : draft.world().sessions) {
    claim_scope(draft, session);
    const Plan* plan = draft.plan(session.row.plan);
    const bool changed = plan && plan->fingerprint != session.row.fingerprint;
    if (changed && !session.row.successor) arm_rollover(draft.edit(id), draft.now().mono);
    // After a start of the process it has its time anew.
    const bool begins = session.row.state == State::queued && !session.row.ending && !session.start_by;
    const Mono from = std::max(draft.now().mono, session.start_sent);
    if (begins && plan) arm_start_timeout(draft.edit(id), from, plan->start_timeout);
    draft.wake_session(id);
  }
  configure_sweeps(draft);
  configure_targets(draft);
  configure_budgets(draft);
  draft.acknowledge(loaded.waiter, Ack::loaded);
}

void on_shutdown_asked(Draft& draft, const ShutdownAsked& asked) {
  draft.set_shutting_down(asked.keeps);
  for (const auto& [id, session] : draft.world().sessions) {
    const Plan* plan = draft.plan(session.row.plan);
    if (!asked.keeps && plan && plan->on_shutdown == OnShutdown::stop && !planted(Bug::leaves_running)) {
      ask_end(draft, id, State::closed, Reason::stopped_at_shutdown, Cause::operator_);
    }
    draft.wake_session(id);
  }
}

}  // namespace

Keeper::Keeper(const Ledger& ledger, Now now) {
  world_.instance = ledger.instance;
  if (!planted(Bug::no_start_bound)) world_.start_bound = ledger.start_bound;
  world_.doubt_until = ledger.doubt_until;
  world_.counts = ledger.counts;
  Decision load;
  load.values_after.config = world_.config;
  for (const SessionRow& row : ledger.unresolved) {
    load.sessions.push_back({row.id, std::nullopt, recovered(row, world_.start_bound, now)});
  }
  std::map<SlotKey, Slot> slots;
  for (const SessionRow& row : ledger.latest) slots[{row.plan, row.replica}] = recovered_slot(row, now);
  for (const SessionRow& row : ledger.unresolved) slots[{row.plan, row.replica}].live.push_back(row.id);
  for (auto& [key, slot] : slots) load.slots.push_back({key, std::nullopt, std::move(slot)});
  for (const PlanRow& row : ledger.plans) {
    load.plans.push_back({row.name, std::nullopt, PlanTrack{row, Wall::max(), mono_never}});
    if (planted(Bug::counts_from_process)) load.plans.back().after->row.looked_until = now.wall;
  }
  for (const HeldRow& row : ledger.held)
    load.held.push_back({row.id, std::nullopt, held_from(row, now.mono)});
  load.values_after.last_delivery = ledger.last_delivery;
  for (const AlertRow& row : ledger.alerts) {
    if (!planted(Bug::forgetful_alerts))
      load.alerts.push_back({row.key, std::nullopt, AlertTrack{row, mono_never}});
  }
  std::map<TargetName, TargetTrack> targets;
  for (const MessageRow& row : ledger.messages) {
    // A message that was never sent takes the next notices as well, so that a target hears of things in their
    // order.
    TargetTrack& target = targets[row.target];
    if (row.attempts == 0) target.forming = row.id;
    // Whether it took a newer one meanwhile is not known any more; its next message tells.
    if (!row.last_error.empty()) {
      target.failing_since = std::min(target.failing_since.value_or(row.created_at), row.created_at);
      target.last_error = row.last_error;
    }
    const Millis wait = std::clamp(row.next_at - now.wall, Millis{0}, Millis{std::chrono::hours{24}});
    load.messages.push_back({row.id, std::nullopt, MessageTrack{row, now.mono + wait, std::nullopt}});
  }
  for (auto& [name, track] : targets) load.targets.push_back({name, std::nullopt, std::move(track)});
  world_.apply(load);
}

Decision Keeper::decide(const Event& event, Now now) const {
  Draft draft(world_, now);
  heed_clock_step(draft);
  std::visit(
      [&](const auto& one) {
        using E = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<E, Tick>) on_tick(draft, one);
        if constexpr (std::is_same_v<E, Answer>) on_answer(draft, one);
        if constexpr (std::is_same_v<E, Delivered>) on_delivered(draft, one);
        if constexpr (std::is_same_v<E, ConfigLoaded>) on_config_loaded(draft, one);
        if constexpr (std::is_same_v<E, ShutdownAsked>) on_shutdown_asked(draft, one);
        if constexpr (std::is_same_v<E, OperatorAsked>) on_operator_asked(draft, one);
        if constexpr (std::is_same_v<E, Posted>) on_posted(draft, one);
        if constexpr (std::is_same_v<E, PeriodCounted>) on_period_counted(draft, one);
        if constexpr (std::is_same_v<E, Noticed>) on_noticed(draft, one);
      },
      event);
  settle_woken(draft);
  return draft.finish();
}

Decision Keeper::decide(Delivered&& delivered, Now now) const {
  Draft draft(world_, now);
  heed_clock_step(draft);
  on_delivered(draft, std::move(delivered));
  settle_woken(draft);
  return draft.finish();
}

void Keeper::install(const Decision& decision) { world_.apply(decision); }
void Keeper::revert(const Decision& decision) { world_.revert(decision); }

Mono Keeper::next_wakeup(Now now) const {
  Mono next = mono_never;
  if (!world_.session_queue.empty()) next = std::min(next, world_.session_queue.begin()->first);
  if (!world_.plan_queue_mono.empty()) next = std::min(next, world_.plan_queue_mono.begin()->first);
  if (!world_.held.empty()) next = std::min(next, world_.held.oldest().second.until);
  if (!world_.sweep_queue.empty()) next = std::min(next, world_.sweep_queue.begin()->first);
  if (!world_.alert_queue.empty()) next = std::min(next, world_.alert_queue.begin()->first);
  if (!world_.message_queue.empty()) next = std::min(next, world_.message_queue.begin()->first);
  next = std::min(next, world_.budgets_due);
  if (!world_.plan_queue_wall.empty()) {
    const Millis until = world_.plan_queue_wall.begin()->first - now.wall;
    next = std::min(next, now.mono + std::max(until, Millis{0}));
  }
  return next;
}

std::vector<Period> Keeper::uncounted(Now now) const { return uncounted_periods(world_, now.wall); }

bool Keeper::ready_to_leave() const {
  if (planted(Bug::hasty_leave)) return world_.shutting_down;
  if (!world_.shutting_down) return false;
  return std::none_of(world_.sessions.begin(), world_.sessions.end(), [&](const auto& entry) {
    const Tracked& session = entry.second;
    const bool starts = session.flight && session.flight->kind == EffectKind::start;
    const auto plan = world_.config->plans.find(session.row.plan);
    const bool stops = plan != world_.config->plans.end() && plan->second.on_shutdown == OnShutdown::stop;
    return starts || (stops && !world_.sessions_go_on);
  });
}

std::string broken_invariant(const World& world, const Tracked& session, Now now) {
  const SessionRow& row = session.row;
  if (row.resolved) return "a resolved session left the memory";
  const bool known = world.config->providers.contains(row.provider);
  const bool waits = std::any_of(world.scopes.begin(), world.scopes.end(), [&](const auto& scope) {
    const auto& waiting = scope.second.waiting;
    return std::find(waiting.begin(), waiting.end(), row.id) != waiting.end();
  });
  const bool asleep = session.due == mono_never && !session.flight;
  if (asleep && known && !waits && !world.shutting_down) return "an unfinished session has a deadline";
  if (session.due != mono_never && session.due > now.mono + std::chrono::hours{24 * 366}) {
    return "a deadline lies within a year";
  }
  if (is_terminal(row.state) != (row.progress == Progress::ended)) return "progress and state agree";
  if (row.state == State::active && !row.remote_id) return "an active session has a remote";
  if (is_terminal(row.state) != row.ended_at.has_value()) return "an end has its time";
  if (row.ended_at && *row.ended_at < row.active_at.value_or(row.created_at))
    return "an end comes after the begin";
  return {};
}

void Keeper::check(const Decision& decision, Now now) const {
  for (const auto& change : decision.sessions) {
    const auto found = world_.sessions.find(change.key);
    if (found == world_.sessions.end()) continue;
    const std::string broken = broken_invariant(world_, found->second, now);
    if (!broken.empty()) check_failed((broken + ": " + change.key.str()).c_str(), __FILE__, __LINE__);
  }
  for (const Effect& effect : decision.effects) {
    if (effect.kind == EffectKind::list) {
      KEEPER_CHECK(world_.sweeps.contains({effect.provider, effect.place}));
      continue;
    }
    const auto found = world_.sessions.find(effect.session);
    KEEPER_CHECK(found != world_.sessions.end());
    KEEPER_CHECK(found->second.flight && found->second.flight->ticket >= effect.ticket);
  }
}

}  // namespace keeper
