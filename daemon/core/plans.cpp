#include "core/plans.h"

#include <algorithm>
#include <set>

#include "base/planted.h"
#include "core/budget.h"
#include "core/condition.h"
#include "core/lifecycle.h"
#include "core/notices.h"
#include "core/wants.h"

namespace keeper {
namespace {

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

// Begins or repeats the wanted occurrence in one slot; returns when the next attempt is due, if it waits for
// that.
std::optional<Mono> fill(Draft& draft, const Plan& plan, const SlotKey& key, const Want& want) {
  const Slot& slot = draft.slot(key);
  const std::optional<SlotWant> wanted = slot_want(draft, plan, slot, want);
  if (!wanted || unresolved(draft, slot, wanted->occurrence)) return std::nullopt;
  if (!wanted->begins && draft.now().mono < slot.retry_at) return slot.retry_at;
  if (const auto block = budget_block(draft, plan)) {
    return draft.now().mono + std::max<Millis>(block->until - draft.now().wall, Seconds{1});
  }
  if (wanted->begins) {
    draft.edit_slot(key).failures = 0;
    const bool by_hand = want.cause == Cause::operator_;
    create_session(draft, plan, key.replica, wanted->occurrence,
                   by_hand ? Reason::started_by_operator : Reason::scheduled, want.cause);
  } else {
    create_session(draft, plan, key.replica, wanted->occurrence, Reason::restarted,
                   slot.ended_by_reload ? Cause::reload : Cause::schedule);
  }
  return std::nullopt;
}

bool any_live(const Draft& draft, const PlanName& name, const std::set<int>& replicas) {
  return std::any_of(replicas.begin(), replicas.end(), [&](int replica) {
    return !draft.slot({name, replica}).live.empty();
  });
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
  track.wake_mono = planted(Bug::no_retry) ? mono_never : retry.value_or(mono_never);
}

// The name that adopted orphans have is no plan's, and has no row.
void end_orphans(Draft& draft, const PlanName& name) {
  if (draft.shutting_down()) return;
  for (const int replica : replicas_of(draft, name, 0)) {
    end_all(draft, {name, replica}, Reason::stopped_by_plan, Cause::reload);
  }
}

}  // namespace

void reconcile_plan(Draft& draft, const PlanName& name) {
  const Plan* plan = draft.plan(name);
  if (!plan && !draft.plan_track(name)) {
    end_orphans(draft, name);
    return;
  }
  PlanTrack& track = draft.edit_plan(name);
  track.wake_wall = Wall::max();
  track.wake_mono = mono_never;
  if (draft.shutting_down()) return;
  const std::set<int> replicas = replicas_of(draft, name, plan ? plan->count : 0);
  if (!plan) {
    for (const int replica : replicas)
      end_all(draft, {name, replica}, Reason::stopped_by_plan, Cause::reload);
    clear(draft, Topic::plan_degraded, name.str(),
          "plan " + name.str() + " is not in the configuration any more");
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
  } else if (!windows && !paused && !want.begin) {
    want.begin = take_buffered(draft, *plan, track.row);
  }
  if (!windows && want.begin) {
    if (const auto block = budget_block(draft, *plan)) {
      pass_over(draft, *plan, *want.begin, Missed::budget);
      want.begin.reset();
    }
  }
  // What is replaced ends in every slot before its successor begins in any; none takes it up again meanwhile.
  if (plan->overlap == Overlap::replace && track.row.buffered) want.repeats = false;
  std::optional<Mono> retry;
  for (const int replica : replicas) {
    const SlotKey key{name, replica};
    if (replica >= plan->count && !planted(Bug::keeps_replicas)) {
      end_all(draft, key, Reason::stopped_by_plan, Cause::reload);
    } else if (windows && !want.alive && !planted(Bug::no_window_end)) {
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
