#include "core/view.h"

#include <algorithm>

#include "core/budget.h"
#include "core/former_start.h"
#include "core/keeper.h"
#include "core/notices.h"
#include "core/occurrences.h"

namespace keeper {
namespace {

std::optional<Wall> on_wall(Now now, const std::optional<Mono>& mono) {
  if (!mono || *mono == mono_never) return std::nullopt;
  return now.wall + (*mono - now.mono);
}

SessionView view_of(const Tracked& session, const Traits* traits, Now now) {
  SessionView view;
  view.row = session.row;
  view.start_may_leave_until = on_wall(now, start_may_leave_until(session, now.mono));
  view.idle_deadline = on_wall(now, session.idle_at);
  const Mono hard = std::min(session.hard_at.value_or(mono_never), session.own_hard_at.value_or(mono_never));
  view.hard_deadline = on_wall(now, hard);
  // Without its provider in the configuration nothing is due to a session.
  if (traits) view.overdue_at = on_wall(now, overdue_at(session, *traits));
  view.next_heartbeat_at = on_wall(now, session.beat_at);
  view.is_over = session.is_over;
  if (session.beat_at) view.vain_heartbeats = session.vain_heartbeats;
  if (!session.row.successor) view.rollover_at = on_wall(now, session.rollover_at);
  if (session.flight) {
    view.call_in_flight = std::string(to_string(session.flight->kind));
  } else if (session.due != mono_never) {
    view.next_call_at = on_wall(now, session.call_at);
  }
  return view;
}

// When the plan next wants no session any more: after what it wants now, else after its next start.
std::optional<Wall> next_stop_of(const Draft& draft, const Plan& plan, const PlanStanding& standing) {
  const PlanTrack* track = draft.plan_track(plan.name);
  const bool waits = standing.condition == PlanCondition::paused && standing.live == 0;
  auto until = track && !waits ? wanted_until(plan, track->row, draft.now().wall) : std::nullopt;
  if (!until) return standing.next_start ? plan.schedule.next_stop(*standing.next_start) : std::nullopt;
  // A start by hand may end within a window.
  if (const auto window = plan.schedule.window_at(*until); window && window->begin < *until)
    until = window->end.value_or(Wall::max());
  return *until == Wall::max() ? std::nullopt : until;
}

PlanView view_of(Draft& draft, const Plan& plan) {
  PlanView view;
  view.name = plan.name;
  view.provider = plan.provider;
  view.fingerprint = plan.fingerprint;
  view.time_zone = plan.schedule.spec().zone.name();
  if (draft.is_paused(plan.name)) view.pause = draft.plan_track(plan.name)->row.pause;
  view.standing = standing_of(draft, plan);
  view.next_stop = next_stop_of(draft, plan, view.standing);
  return view;
}

ProviderView view_of(const ProviderName& name, const ProviderTrack& track, Now now) {
  ProviderView view;
  view.name = name;
  view.last_error = track.last_error;
  if (!track.healthy) view.condition = ProviderCondition::failing;
  if (track.cut_off) view.condition = ProviderCondition::cut_off;
  if (track.starts_from > now.mono) {
    view.condition = track.exhausted ? ProviderCondition::exhausted : ProviderCondition::circuit_open;
    view.starts_from = on_wall(now, track.starts_from);
  }
  return view;
}

// Sessions that ended and whose remote is still to be stopped are on the stop list, beside the strangers.
void add_orphans(View& view, const World& world, Now now) {
  for (const auto& [key, sweep] : world.sweeps) {
    for (const Stranger& one : sweep.strangers) {
      const auto condition = one.ours ? OrphanCondition::reported : OrphanCondition::stranger;
      view.orphans.push_back(
          {key.provider, key.place, one.remote, condition, std::nullopt, one.created_at, one.native_status});
    }
    view.sweeps.push_back(
        {key.provider, key.place, sweep.done_at, on_wall(now, sweep.due), sweep.last_error});
  }
  for (const auto& [id, session] : world.sessions) {
    const SessionRow& row = session.row;
    const bool listed = row.reason == Reason::orphan || (is_terminal(row.state) && row.ending);
    if (!listed || !row.remote_id || session.is_over) continue;
    view.orphans.push_back({row.provider, row.place, *row.remote_id, OrphanCondition::stopping, id,
                            row.occurrence, row.native_status});
  }
}

void add_budgets(View& view, const World& world, Now now) {
  for (const auto& [key, budget] : world.config->budgets) {
    const auto track = world.budgets.find(key);
    BudgetView one{key, budget, period_at(budget.period, now.wall), {}, BudgetLevel::within, false};
    if (track != world.budgets.end() && track->second.counted == one.period) {
      one.used = amount_of(world, key, track->second, now.wall);
      one.level = track->second.refused ? BudgetLevel::hard : level_of(budget, one.used);
      one.counted = true;
    }
    view.budgets.push_back(std::move(one));
  }
  for (const auto& [key, track] : world.alerts) {
    if (key.target == log_target) view.alerts.push_back(track.row);
  }
}

void add_targets(View& view, const World& world, Now now) {
  for (const auto& [name, configured] : world.config->targets) {
    const TargetTrack* track = find_in(world.targets, name);
    TargetView target{name, {}, {}, 0, {}};
    if (track) target.failing_since = track->failing_since;
    if (track) target.last_error = track->last_error;
    Mono next = mono_never;
    for (const auto& [id, message] : world.messages) {
      if (message.row.target != name) continue;
      ++target.waiting;
      next = std::min(next, message.due);
    }
    target.next_try_at = on_wall(now, next);
    view.targets.push_back(std::move(target));
  }
}

}  // namespace

View Keeper::view(Now now) const {
  View view;
  view.at = now.wall;
  view.instance = world_.instance;
  view.counts = world_.counts;
  view.config = world_.config;
  Draft draft(world_, now);
  for (const auto& [name, plan] : world_.config->plans) view.plans.push_back(view_of(draft, plan));
  for (const auto& [id, session] : world_.sessions) {
    view.sessions.push_back(view_of(session, draft.traits(session.row.provider), now));
  }
  std::sort(view.sessions.begin(), view.sessions.end(), [](const SessionView& a, const SessionView& b) {
    return a.row.created_at != b.row.created_at ? a.row.created_at > b.row.created_at : a.row.id < b.row.id;
  });
  for (const auto& [name, traits] : world_.config->providers) {
    const auto track = world_.providers.find(name);
    view.providers.push_back(
        view_of(name, track == world_.providers.end() ? ProviderTrack{} : track->second, now));
  }
  add_orphans(view, world_, now);
  add_budgets(view, world_, now);
  add_targets(view, world_, now);
  return view;
}

}  // namespace keeper
