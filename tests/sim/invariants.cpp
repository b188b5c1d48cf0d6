// The invariants of the README, checked against the providers' truth.
#include <algorithm>

#include "core/draft.h"
#include "core/lost_start.h"
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

// A lost start whose remote nobody can tell is waited out: its end cannot come before, nor a start in its
// place.
bool is_waited_out(const World& world, Now now, const Tracked& session) {
  const auto lost = lost_start_of(Draft(world, now), session);
  return lost && (!lost->until || now.wall < *lost->until + std::chrono::minutes{5});
}

// A start whose remote nobody can tell holds up those that could be taken for it.
bool is_held_up(const World& world, Now now, const PlanName& plan, const ProviderName& provider,
                const Traits& traits) {
  if (traits.start_scope == StartScope::free) return false;
  return std::any_of(world.sessions.begin(), world.sessions.end(), [&](const auto& one) {
    const SessionRow& row = one.second.row;
    const bool in_scope = row.provider == provider && (!traits.one_per_place || row.plan == plan);
    return in_scope && is_waited_out(world, now, one.second);
  });
}

bool by_id(const SessionRow& a, const SessionRow& b) { return a.id < b.id; }

}  // namespace

void Simulation::check_all() {
  for (const auto& [id, session] : world().sessions) {
    const std::string broken = broken_invariant(world(), session, now());
    if (!broken.empty()) fail("2: " + broken);
    check_session(session);
  }
  check_store();
  check_remotes();
  check_rows();
  check_heartbeats();
  check_gap();
  check_repeats();
}

// 1: what the store gives back is what the keeper holds.
void Simulation::check_store() {
  if (random_.chance(0.99) || rounds_->in_outage()) return;
  Ledger ledger = store().load().value();
  std::vector<SessionRow> held;
  for (const auto& [id, session] : world().sessions) held.push_back(session.row);
  std::sort(held.begin(), held.end(), by_id);
  std::sort(ledger.unresolved.begin(), ledger.unresolved.end(), by_id);
  if (held != ledger.unresolved) fail("1: the store and the keeper hold the same sessions");
  if (ledger.counts != world().counts) fail("1: the store and the keeper count the same");
  if (ledger.alerts.size() != world().alerts.size() || ledger.messages.size() != world().messages.size()) {
    fail("1: the store and the keeper hold the same alerts and messages");
  }
  if (ledger.held.size() != world().held.size() || ledger.last_delivery != world().last_delivery) {
    fail("1: the store and the keeper hold the same deliveries");
  }
}

// 4, 22: what leaves is on disk: a start as one that may have left, a stop as an end that was asked for.
void Simulation::check_left(const Effect& effect) {
  if (effect.kind == EffectKind::list) return;
  const auto row = rows_.find(effect.session);
  if (row == rows_.end()) {
    fail("4: an effect has a committed row");
  } else if (effect.kind == EffectKind::start && !row->second.start_sent_at) {
    fail("22: a start leaves that is not on disk: " + effect.session.str());
  } else if (effect.kind == EffectKind::stop && !row->second.ending && !is_terminal(row->second.state)) {
    fail("22: a stop leaves that is not on disk: " + effect.session.str());
  } else if (effect.kind == EffectKind::cleanup && !is_terminal(row->second.state)) {
    fail("22: a cleanup leaves before the end is on disk: " + effect.session.str());
  }
}

// 21: whatever the disk does, a session that is kept alive does not lapse. In some worlds it may: heartbeats
// are refused, no process can start, or nobody knows yet how long a heartbeat takes.
void Simulation::check_lapse(const SimRemote& remote) {
  if (!calm_ || remote.alive || remote.stranger || remote.end_reason != Reason::idle_timeout) return;
  if (is_in(SimWorld::heartbeat_refused) || is_in(SimWorld::config_invalid) || is_in(SimWorld::few_calls))
    return;
  const SessionRow& row = rows_.at(remote.session);
  const auto plan = config_->plans.find(row.plan);
  // An end may be decided whose commit hangs.
  const auto held = world().sessions.find(row.id);
  const bool ends = row.ending || (held != world().sessions.end() && held->second.row.ending);
  const bool kept = plan != config_->plans.end() && plan->second.keep_alive.heartbeat && !ends;
  if (kept) fail("21: a session lapsed while the disk was in trouble: " + row.id.str());
}

// 5: one live remote for each session and slot, two only while one rolls over.
void Simulation::check_remotes() {
  std::vector<const SessionRow*> living;
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (remote.stranger && !remote.alive) fail("11: a stranger was touched: " + remote.id.str());
      check_lapse(remote);
      if (!remote.alive || remote.stranger || remote.unexpected) continue;
      const SessionRow& row = rows_.at(remote.session);
      if (std::find(living.begin(), living.end(), &row) != living.end()) {
        const bool part = worlds_.part_shown.contains(remote.session);
        fail((part ? "24: a list that was cut proves a start absent: " : "5: a double start of ") +
             remote.session.str());
      }
      for (const SessionRow* other : living) check_pair(*other, row);
      living.push_back(&row);
    }
  }
}

// Two that live at once.
void Simulation::check_pair(const SessionRow& a, const SessionRow& b) {
  if (a.replica != b.replica || a.plan != b.plan) return;
  if (a.occurrence == b.occurrence) {
    const bool rolls = a.successor == b.id || b.successor == a.id;
    if (!rolls) fail("5: more than one live remote of " + a.plan.str());
    return;
  }
  // Where occurrences may not overlap, those of one slot live one after the other; a changed overlap ends
  // none.
  if (is_in(SimWorld::config_overlap)) return;
  const Plan* plan = plan_of(a.plan);
  if (plan && plan->schedule.kind() == Schedule::Kind::occurrences && plan->overlap != Overlap::allow)
    fail("overlap: two occurrences live at once: " + a.plan.str());
}

// 12: each occurrence that was due began, or stands in the store with the reason.
void Simulation::check_occurrences() {
  std::set<std::pair<PlanName, Wall>> begun;
  for (const auto& [id, row] : rows_) begun.insert({row.plan, row.occurrence});
  for (const auto& [name, plan] : config_->plans) {
    if (plan.schedule.kind() != Schedule::Kind::occurrences) continue;
    const PlanRow& row = world().plans.at(name).row;
    const Wall end = now().wall - Seconds{1};
    Wall from = std::max(row.known_since, end - std::chrono::hours{12});
    // What counts is the newest schedule, and its own moment.
    if (!clock_steps_) from = std::max(from, Wall{worlds_.since.at(name).at.time_since_epoch()});
    for (auto one = plan.schedule.next_start(from); one && one->start < end;
         one = plan.schedule.next_start(one->start)) {
      const std::pair<PlanName, Wall> key{name, one->time};
      if (worlds_.windows.contains(key)) continue;
      if (!begun.contains(key) && !missed_.contains(key) && row.buffered != one->time) {
        fail("12: an occurrence is lost: " + name.str() + " at " + to_rfc3339(one->time));
      }
    }
  }
}

// 17: what does not become active is stopped after its start_timeout.
void Simulation::check_waiting() {
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      const bool active = remote.active_at && now_ >= *remote.active_at;
      if (!remote.alive || remote.stranger || active || now_ - remote.created < std::chrono::minutes{8})
        continue;
      fail("17: a remote is waited for without end: " + remote.id.str());
    }
  }
}

// 20: what a reload changed is what lives.
void Simulation::check_reloads() {
  for (const auto& [id, session] : world().sessions) {
    const auto plan = config_->plans.find(session.row.plan);
    const bool changed = plan != config_->plans.end() && plan->second.fingerprint != session.row.fingerprint;
    const bool window = changed && plan->second.schedule.window_at(now().wall);
    if (session.row.state == State::active && window && config_->budgets.empty()) {
      fail("20: a reload's change was not taken up: " + id.str());
    }
  }
}

// 6, 7, 8 and 9, once the world has been healthy for a while.
void Simulation::check_healed() {
  check_occurrences();
  check_notices();
  check_reloads();
  check_wanted();
  std::set<SessionId> alive;
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!remote.alive || remote.stranger) continue;
      alive.insert(remote.session);
      const auto found = world().sessions.find(remote.session);
      if (found == world().sessions.end()) {
        fail("7: an orphan is left: " + remote.id.str());
      } else if (found->second.row.remote_id != remote.id) {
        fail("7: a live remote is not the session's: " + remote.id.str());
      } else if (is_terminal(found->second.row.state)) {
        fail("9: the remote of an ended session is alive: " + remote.id.str());
      }
    }
  }
  for (const auto& [id, session] : world().sessions) {
    const bool settled =
        now_ - Mono{session.row.created_at.time_since_epoch() - wall_offset_} > std::chrono::minutes{3};
    const bool stopping =
        session.flight && session.flight->kind == EffectKind::stop;  // its answer is on the way
    if (session.row.state == State::active && settled && !stopping && !alive.contains(id) &&
        !session.idle_at) {
      fail("7: a dead session is shown as active: " + id.str());
    }
    if (session.row.ending && now().wall - session.row.ending->asked_at > std::chrono::minutes{5} &&
        !clock_moves() && !is_waited_out(world(), now(), session)) {
      fail("9: an end was asked for and did not come: " + id.str());
    }
  }
  for (const auto& [provider, key] : acknowledged_) {
    if (!is_recorded(provider, key)) fail("8: an acknowledged delivery is lost");
  }
  check_served();
  check_cleaned_up();
}

// 28: what a session of the ledger left at its provider, and is billed though it has ended, is cleaned up.
void Simulation::check_cleaned_up() {
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!remote.billed || now_ - remote.ended < std::chrono::minutes{10}) continue;
      const bool known = std::any_of(rows_.begin(), rows_.end(), [&](const auto& one) {
        return one.second.provider == provider.name() && one.second.remote_id == remote.id;
      });
      if (known) fail("29: what has ended is still billed: " + remote.id.str());
    }
  }
}

// 7: what should be alive is, where nothing that is known keeps it from it.
void Simulation::check_served() {
  for (const auto& [name, plan] : config_->plans) {
    const auto window = plan.schedule.window_at(now().wall);
    const bool long_enough = window && now().wall - window->begin > std::chrono::minutes{10};
    const bool lives_on = plan.keep_alive.heartbeat || !plan.idle_timeout;
    if (!long_enough || !lives_on || plan.keep_alive.restart != Restart::by_schedule) continue;
    if (!config_->budgets.empty() || is_crowded(providers_.at(plan.provider))) continue;
    if (is_held_up(world(), now(), name, plan.provider, config_->providers.at(plan.provider))) continue;
    for (int replica = 0; replica < plan.count; ++replica) {
      const auto& live = world().slots.at({name, replica}).live;
      const bool served = std::any_of(live.begin(), live.end(), [&](const SessionId& id) {
        const Tracked& session = world().sessions.at(id);
        return session.row.state == State::active || is_waited_out(world(), now(), session);
      });
      // One that ended just now at its maximum has its successor on the way.
      const bool changes = std::any_of(rows_.begin(), rows_.end(), [&, &plan_name = name](const auto& one) {
        const SessionRow& row = one.second;
        return row.plan == plan_name && row.replica == replica && row.ended_at &&
               *row.ended_at > now().wall - std::chrono::minutes{1};
      });
      if (!served && !changes) fail("7: nothing is alive for " + name.str());
    }
  }
}

}  // namespace keeper::sim
