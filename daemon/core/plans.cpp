#include "core/plans.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/check.h"
#include "core/budget.h"
#include "core/lifecycle.h"
#include "core/notices.h"
#include "core/occurrences.h"

namespace keeper {
namespace {

bool restarts(const Plan& plan, const Slot& slot) {
  if (!slot.last_state || !slot.last_reason) return false;
  switch (*slot.last_reason) {
    case Reason::superseded:
    case Reason::stopped_by_plan:
      return plan.schedule.kind() != Schedule::Kind::occurrences || *slot.last_reason == Reason::superseded;
    case Reason::stopped_by_operator:
    case Reason::orphan:
      return false;
    case Reason::scheduled:
    case Reason::restarted:
    case Reason::rollover:
    case Reason::start_confirmed:
    case Reason::found:
    case Reason::webhook_started:
    case Reason::observed:
    case Reason::start_refused:
    case Reason::start_timeout:
    case Reason::ended_by_provider:
    case Reason::ended_elsewhere:
    case Reason::provider_failed:
    case Reason::idle_timeout:
    case Reason::max_duration:
    case Reason::lost:
    case Reason::stopped_at_shutdown:
      break;
  }
  switch (effective_restart(plan)) {
    case Restart::always:
      return true;
    case Restart::on_failure:
      return *slot.last_state == State::error || *slot.last_state == State::timed_out ||
             (*slot.last_reason == Reason::stopped_at_shutdown &&
              plan.schedule.kind() != Schedule::Kind::occurrences);
    case Restart::never:
    case Restart::by_schedule:
      return false;
  }
  check_failed("a known Restart", __FILE__, __LINE__);
}

bool serves(const Draft& draft, const SessionId& id) {
  const Tracked* session = draft.find(id);
  return session && !session->row.ending && !is_terminal(session->row.state);
}

void end_all(Draft& draft, const SlotKey& key, Reason reason, Cause cause) {
  const std::vector<SessionId> live = draft.slot(key).live;
  for (const SessionId& id : live) {
    if (serves(draft, id)) ask_end(draft, id, State::closed, reason, cause);
  }
}

// A remote of this occurrence may still exist: nothing new is started beside it.
bool unresolved(const Draft& draft, const Slot& slot, Wall occurrence) {
  return std::any_of(slot.live.begin(), slot.live.end(), [&](const SessionId& id) {
    const Tracked* session = draft.find(id);
    return session && session->row.occurrence == occurrence;
  });
}

// A session lives in this slot, so that it needs none. Where occurrences may overlap, one of this occurrence.
bool is_served(const Draft& draft, const Plan& plan, const Slot& slot, Wall occurrence) {
  const bool any = plan.schedule.kind() != Schedule::Kind::occurrences || plan.overlap != Overlap::allow;
  return std::any_of(slot.live.begin(), slot.live.end(), [&](const SessionId& id) {
    return serves(draft, id) && (any || draft.find(id)->row.occurrence == occurrence);
  });
}

// What the slot should serve now. A clock that went back must not make a window that was begun before look new.
std::optional<Wall> target_of(const Plan& plan, const Slot& slot, const Want& want) {
  if (plan.schedule.kind() == Schedule::Kind::occurrences) {
    return want.begin ? want.begin : want.repeats ? slot.occurrence : std::nullopt;
  }
  if (!want.begin) return std::nullopt;
  return slot.occurrence ? std::max(*slot.occurrence, *want.begin) : *want.begin;
}

// Begins or repeats the wanted occurrence in one slot; returns when the next attempt is due, if it waits for
// that.
std::optional<Mono> fill(Draft& draft, const Plan& plan, const SlotKey& key, const Want& want) {
  const Slot& slot = draft.slot(key);
  const std::optional<Wall> occurrence = target_of(plan, slot, want);
  if (!occurrence || is_served(draft, plan, slot, *occurrence) || unresolved(draft, slot, *occurrence)) {
    return std::nullopt;
  }
  const bool begins = slot.occurrence != occurrence;
  if (!begins && !restarts(plan, slot)) return std::nullopt;
  if (!begins && draft.now().mono < slot.retry_at) return slot.retry_at;
  if (const auto hold = budget_hold(draft, plan)) {
    draft.edit_slot(key).held = hold->why;
    return draft.now().mono + std::max<Millis>(hold->until - draft.now().wall, Seconds{1});
  }
  if (begins) draft.edit_slot(key).failures = 0;
  create_session(draft, plan, key.replica, *occurrence, begins ? Reason::scheduled : Reason::restarted, Cause::schedule);
  return std::nullopt;
}

std::set<int> replicas_of(const Draft& draft, const PlanName& name, int count) {
  std::set<int> replicas;
  for (int i = 0; i < count; ++i) replicas.insert(i);
  const SlotKey first{name, std::numeric_limits<int>::min()};
  const auto& slots = draft.world().slots;
  for (auto at = slots.lower_bound(first); at != slots.end() && at->first.plan == name; ++at) {
    replicas.insert(at->first.replica);
  }
  return replicas;
}

bool any_live(const Draft& draft, const PlanName& name, const std::set<int>& replicas) {
  return std::any_of(replicas.begin(), replicas.end(), [&](int replica) {
    return !draft.slot({name, replica}).live.empty();
  });
}

// The session that the slot is about.
const SessionRow* newest_active(const Draft& draft, const Slot& slot) {
  for (auto id = slot.live.rbegin(); id != slot.live.rend(); ++id) {
    const Tracked* session = draft.find(*id);
    if (session && session->row.state == State::active && !session->row.ending) return &session->row;
  }
  return nullptr;
}

// When what failed before will be forgotten, because the session that lives has lived long enough by then.
std::optional<Wall> calm_at(const Draft& draft, const Plan& plan, const Slot& slot) {
  const SessionRow* row = slot.failures > 0 ? newest_active(draft, slot) : nullptr;
  if (!row) return std::nullopt;
  return *row->active_at + plan.keep_alive.backoff_reset_after;
}

// A plan that is degraded is told of once. That it is over is told once as well, when a session of it lives; that a new
// occurrence has begun is not enough.
void tell_condition(Draft& draft, const Plan& plan, bool paused) {
  const std::string& name = plan.name.str();
  bool well = true;
  for (int replica = 0; replica < plan.count; ++replica) {
    const SlotKey key{plan.name, replica};
    if (const auto calm = calm_at(draft, plan, draft.slot(key)); calm && *calm <= draft.now().wall) {
      draft.edit_slot(key).failures = 0;
    }
    const Slot& slot = draft.slot(key);
    if (slot.failures >= degraded_failures) {
      raise(draft, Topic::plan_degraded, name,
            "plan " + name + " is degraded: " + std::to_string(slot.failures) + " sessions in a row ended early" +
                (slot.last_error.empty() ? "" : ", the last one with: " + slot.last_error));
    }
    const bool over = slot.live.empty() && (!slot.last_state || *slot.last_state == State::closed);
    well = well && slot.failures == 0 && (over || newest_active(draft, slot));
  }
  if ((well || paused) && is_raised(draft, Topic::plan_degraded, name)) {
    clear(draft, Topic::plan_degraded, name, "plan " + name + (well ? " is as wanted again" : " is paused"));
  }
}

void set_wake(Draft& draft, const Plan& plan, std::optional<Mono> retry) {
  PlanTrack& track = draft.edit_plan(plan.name);
  const Wall now = draft.now().wall;
  track.wake_wall = Wall::max();
  if (const auto next = plan.schedule.next_start(now)) track.wake_wall = next->start;
  if (const auto stop = plan.schedule.next_stop(now)) track.wake_wall = std::min(track.wake_wall, *stop);
  if (draft.is_paused(plan.name) && track.row.pause->until) {
    track.wake_wall = std::min(track.wake_wall, *track.row.pause->until);
  }
  if (track.row.by_hand && now < track.row.by_hand->end) {
    track.wake_wall = std::min(track.wake_wall, track.row.by_hand->end);
  }
  for (int replica = 0; replica < plan.count; ++replica) {
    const auto calm = calm_at(draft, plan, draft.slot({plan.name, replica}));
    if (calm && *calm > now) track.wake_wall = std::min(track.wake_wall, *calm);
  }
  track.wake_mono = retry.value_or(mono_never);
}

}  // namespace

void reconcile_plan(Draft& draft, const PlanName& name) {
  const Plan* plan = draft.plan(name);
  // The name that adopted orphans have is no plan's, and has no row.
  if (!plan && !draft.plan_track(name)) {
    for (const int replica : replicas_of(draft, name, 0)) {
      if (!draft.shutting_down()) end_all(draft, {name, replica}, Reason::stopped_by_plan, Cause::reload);
    }
    return;
  }
  PlanTrack& track = draft.edit_plan(name);
  track.wake_wall = Wall::max();
  track.wake_mono = mono_never;
  if (draft.shutting_down()) return;
  const std::set<int> replicas = replicas_of(draft, name, plan ? plan->count : 0);
  if (!plan) {
    for (const int replica : replicas) end_all(draft, {name, replica}, Reason::stopped_by_plan, Cause::reload);
    clear(draft, Topic::plan_degraded, name.str(), "plan " + name.str() + " is not in the configuration any more");
    return;
  }
  const bool paused = draft.is_paused(name);
  if (!paused) track.row.pause.reset();
  const bool windows = plan->schedule.kind() != Schedule::Kind::occurrences;
  // An occurrence is begun or passed over once, so that the answer must be known.
  if (!windows && is_being_counted(draft, *plan)) {
    set_wake(draft, *plan, std::nullopt);
    return;
  }
  Want want = take_wanted(draft, *plan, track.row, paused);
  bool replaces = false;
  if (!windows && any_live(draft, name, replicas)) {
    replaces = apply_overlap(draft, *plan, track.row, want);
  } else if (!windows && track.row.buffered && !paused && !want.begin) {
    want.begin = std::exchange(track.row.buffered, std::nullopt);
  }
  if (!windows && want.begin) {
    if (const auto hold = budget_hold(draft, *plan)) {
      pass_over(draft, *plan, *want.begin, Missed::budget);
      want.begin.reset();
    }
  }
  std::optional<Mono> retry;
  for (const int replica : replicas) {
    const SlotKey key{name, replica};
    if (!draft.slot(key).held.empty()) draft.edit_slot(key).held.clear();
    if (replica >= plan->count) {
      end_all(draft, key, Reason::stopped_by_plan, Cause::reload);
    } else if (windows && !want.alive) {
      end_all(draft, key, Reason::stopped_by_plan, Cause::schedule);
    } else if (replaces) {
      end_all(draft, key, Reason::superseded, Cause::schedule);
    } else if (const auto at = fill(draft, *plan, key, want)) {
      retry = std::min(retry.value_or(*at), *at);
    }
  }
  tell_condition(draft, *plan, paused);
  set_wake(draft, *plan, retry);
}

}  // namespace keeper
