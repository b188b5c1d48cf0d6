#include "core/view.h"

#include <algorithm>

#include "base/check.h"
#include "core/budget.h"
#include "core/keeper.h"
#include "core/notices.h"

namespace keeper {
namespace {

std::optional<Wall> on_wall(Now now, const std::optional<Mono>& mono) {
  if (!mono || *mono == mono_never) return std::nullopt;
  return now.wall + (*mono - now.mono);
}

SessionView view_of(const Tracked& session, Now now) {
  SessionView view;
  view.row = session.row;
  view.idle_deadline = on_wall(now, session.idle_at);
  const Mono hard = std::min(session.hard_at.value_or(mono_never), session.own_hard_at.value_or(mono_never));
  view.hard_deadline = on_wall(now, hard);
  view.next_heartbeat_at = on_wall(now, session.beat_at);
  if (!session.row.successor) view.rollover_at = on_wall(now, session.rollover_at);
  if (session.flight) {
    view.call_in_flight = std::string(to_string(session.flight->kind));
  } else if (session.due != mono_never) {
    view.next_call_at = on_wall(now, session.call_at);
  }
  return view;
}

struct Tally {
  int active = 0;
  int queued = 0;
  int ending = 0;
  int failures = 0;
  std::string last_error;
  Mono retry_at = mono_never;
};

Tally tally_of(const World& world, const PlanName& name) {
  Tally tally;
  const SlotKey first{name, 0};
  for (auto at = world.slots.lower_bound(first); at != world.slots.end() && at->first.plan == name; ++at) {
    const Slot& slot = at->second;
    tally.failures = std::max(tally.failures, slot.failures);
    if (slot.live.empty() && slot.failures > 0) {
      tally.last_error = slot.last_error;
      tally.retry_at = std::min<Mono>(tally.retry_at, slot.retry_at);
    }
    if (slot.live.empty() && !slot.held.empty()) tally.last_error = slot.held;
    for (const SessionId& id : slot.live) {
      const Tracked& session = world.sessions.at(id);
      if (session.row.ending || is_terminal(session.row.state)) {
        ++tally.ending;
      } else if (session.row.state == State::active) {
        ++tally.active;
      } else {
        ++tally.queued;
      }
      if (!session.row.last_error.empty()) tally.last_error = session.row.last_error;
    }
  }
  return tally;
}

PlanCondition condition_of(int wanted, const Tally& tally) {
  if (tally.active < wanted) {
    const bool troubled =
        tally.failures >= degraded_failures || (!tally.last_error.empty() && tally.active == 0);
    return troubled ? PlanCondition::degraded : PlanCondition::starting;
  }
  if (wanted > 0) return PlanCondition::as_wanted;
  if (tally.ending > 0) return PlanCondition::stopping;
  return tally.active > 0 ? PlanCondition::as_wanted : PlanCondition::idle;
}

PlanView view_of(const World& world, const Plan& plan, Now now) {
  PlanView view;
  view.name = plan.name;
  view.provider = plan.provider;
  view.fingerprint = plan.fingerprint;
  view.time_zone = plan.schedule.spec().zone.name();
  const Tally tally = tally_of(world, plan.name);
  const auto track = world.plans.find(plan.name);
  const PlanRow* row = track == world.plans.end() ? nullptr : &track->second.row;
  if (row && row->pause && (!row->pause->until || now.wall < *row->pause->until)) view.pause = row->pause;
  const bool by_hand = row && row->by_hand && row->by_hand->begin <= now.wall && now.wall < row->by_hand->end;
  if (view.pause) {
    view.wanted = tally.active + tally.queued;
  } else if (plan.schedule.kind() == Schedule::Kind::occurrences) {
    view.wanted = tally.active + tally.queued;
  } else if (by_hand || plan.schedule.window_at(now.wall)) {
    view.wanted = plan.count;
  }
  view.live = tally.active;
  view.condition = condition_of(view.wanted, tally);
  view.last_error = tally.last_error;
  if (const auto next = plan.schedule.next_start(now.wall)) view.next_start = next->start;
  view.next_stop = plan.schedule.next_stop(now.wall);
  if (view.live < view.wanted && tally.retry_at > now.mono) view.next_attempt = on_wall(now, tally.retry_at);
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
    view.sweeps.push_back({key.provider, key.place, sweep.done_at, on_wall(now, sweep.due), sweep.last_error});
  }
  for (const auto& [id, session] : world.sessions) {
    const SessionRow& row = session.row;
    const bool listed = row.reason == Reason::orphan || (is_terminal(row.state) && row.ending);
    if (!listed || !row.remote_id) continue;
    view.orphans.push_back({row.provider, row.place, *row.remote_id, OrphanCondition::stopping, id, row.occurrence,
                            row.native_status});
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

}  // namespace

std::string_view to_string(ProviderCondition condition) {
  switch (condition) {
    case ProviderCondition::healthy:
      return "healthy";
    case ProviderCondition::failing:
      return "failing";
    case ProviderCondition::circuit_open:
      return "circuit_open";
    case ProviderCondition::exhausted:
      return "exhausted";
    case ProviderCondition::cut_off:
      return "cut_off";
  }
  check_failed("a known ProviderCondition", __FILE__, __LINE__);
}

std::string_view to_string(OrphanCondition condition) {
  switch (condition) {
    case OrphanCondition::stranger:
      return "stranger";
    case OrphanCondition::reported:
      return "reported";
    case OrphanCondition::stopping:
      return "stopping";
  }
  check_failed("a known OrphanCondition", __FILE__, __LINE__);
}

std::string_view to_string(PlanCondition condition) {
  switch (condition) {
    case PlanCondition::idle:
      return "idle";
    case PlanCondition::as_wanted:
      return "as_wanted";
    case PlanCondition::starting:
      return "starting";
    case PlanCondition::stopping:
      return "stopping";
    case PlanCondition::degraded:
      return "degraded";
  }
  check_failed("a known PlanCondition", __FILE__, __LINE__);
}

std::string_view to_string(EffectKind kind) {
  switch (kind) {
    case EffectKind::start:
      return "start";
    case EffectKind::find:
      return "find";
    case EffectKind::observe:
      return "observe";
    case EffectKind::keep_alive:
      return "keep_alive";
    case EffectKind::stop:
      return "stop";
    case EffectKind::list:
      return "list";
  }
  check_failed("a known EffectKind", __FILE__, __LINE__);
}

View Keeper::view(Now now) const {
  View view;
  view.at = now.wall;
  view.instance = world_.instance;
  view.counts = world_.counts;
  view.config = world_.config;
  for (const auto& [name, plan] : world_.config->plans) view.plans.push_back(view_of(world_, plan, now));
  for (const auto& [id, session] : world_.sessions) view.sessions.push_back(view_of(session, now));
  std::sort(view.sessions.begin(), view.sessions.end(), [](const SessionView& a, const SessionView& b) {
    return a.row.created_at != b.row.created_at ? a.row.created_at > b.row.created_at : a.row.id < b.row.id;
  });
  for (const auto& [name, traits] : world_.config->providers) {
    const auto track = world_.providers.find(name);
    view.providers.push_back(view_of(name, track == world_.providers.end() ? ProviderTrack{} : track->second, now));
  }
  add_orphans(view, world_, now);
  add_budgets(view, world_, now);
  return view;
}

}  // namespace keeper
