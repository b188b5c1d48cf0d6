// What must hold in the unkind worlds, beside the invariants that hold in all.
#include <algorithm>

#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::minutes;

// A provider's `Date` has whole seconds.
constexpr Millis idle_slack = Seconds{5};
// A maximum counts from when a call left, by the `Date` of its answer: up to the time limit of a call too
// early.
constexpr Millis maximum_slack = Seconds{35};
constexpr Millis gap_max = Seconds{10};

}  // namespace

// No two sessions in the memory stand for one remote.
void Simulation::check_rows() {
  for (const auto& [id, session] : world().sessions) {
    if (!session.row.remote_id) continue;
    const auto found = world().by_remote.find({session.row.provider, *session.row.remote_id});
    if (found == world().by_remote.end() || found->second != id) {
      fail("5: two sessions stand for one remote: " + session.row.remote_id->str());
    }
  }
}

// 25: the keeper does not hope for more than the provider grants. A new process does not know of what went
// before, until a heartbeat was taken.
void Simulation::check_heartbeats() {
  for (const SessionId& id : worlds_.beaten) {
    const auto session = world().sessions.find(id);
    if (session == world().sessions.end() || !session->second.idle_at) continue;
    for (const SimRemote& remote : providers_.at(session->second.row.provider).remotes()) {
      if (remote.id != session->second.row.remote_id || !remote.alive || !remote.idle) continue;
      if (remote.last_activity < process_began_.mono) continue;
      if (*session->second.idle_at > remote.last_activity + *remote.idle + idle_slack) {
        fail("25: a heartbeat counts that the provider did not take: " + id.str());
      }
    }
  }
  worlds_.beaten.clear();
}

// 27: an occurrence of before its schedule came into force neither begins nor is missed.
void Simulation::check_moment(const PlanName& name, Wall occurrence, const std::string& what) {
  const auto plan = config_->plans.find(name);
  const auto since = worlds_.since.find(name);
  // A configuration that is refused until the disk works again is not in force.
  if (worlds_.refused_reload) return;
  if (clock_steps_ || plan == config_->plans.end() || since == worlds_.since.end()) return;
  if (plan->second.schedule.kind() != Schedule::Kind::occurrences) return;
  if (worlds_.buffered.contains({name, occurrence})) return;
  const Wall start = plan->second.schedule.start_of(occurrence);
  if (came_after(since->second, start)) return;
  // One that was still to come by its old jitter is not lost by a new one.
  const auto& before = since->second.before;
  if (before && came_after(since->second, before->start_of(occurrence))) return;
  fail("27: an occurrence of before its schedule " + what + ": " + name.str() + " at " + to_rfc3339(start));
}

// A changed schedule whose reload was refused counts from when it is taken.
void Simulation::note_taken() {
  if (!worlds_.refused_reload) return;
  for (auto& [name, since] : worlds_.since) {
    if (since.at >= *worlds_.refused_reload) since.at = now_;
  }
  worlds_.refused_reload.reset();
}

// A remote that reads do not know for as long as docs/session-life.md says is rightly believed to be gone,
// though it lives.
void Simulation::note_unknown(const Effect& effect, const Result<std::vector<Remote>>& remotes) {
  if (!is_in(SimWorld::reads_fail)) return;
  if (effect.kind != EffectKind::observe && effect.kind != EffectKind::keep_alive) return;
  if (remotes.ok()) worlds_.unknown_since.erase(effect.remote);
  if (remotes.ok() || remotes.error().kind != ErrorKind::gone) return;
  const Mono since = worlds_.unknown_since.emplace(effect.remote, now_).first->second;
  for (SimRemote& remote : providers_.at(effect.provider).remotes()) {
    if (remote.id != effect.remote) continue;
    const Millis gone_after = since - remote.created < minutes{1} ? Seconds{30} : Seconds{15};
    if (now_ - since >= gone_after) remote.unexpected = true;
  }
}

// What waited under another overlap is dropped by a change to skip.
void Simulation::check_begin(const TransitionRow& transition) {
  const SessionRow& row = rows_.at(transition.session);
  if (transition.from || transition.reason != Reason::scheduled || row.attempt > 0) return;
  check_moment(row.plan, row.occurrence, "begins");
  const auto plan = config_->plans.find(row.plan);
  const bool skips = plan != config_->plans.end() && plan->second.overlap == Overlap::skip;
  if (skips && worlds_.buffered.contains({row.plan, row.occurrence})) {
    fail("27: a buffered occurrence begins though its plan skips: " + row.plan.str());
  }
}

// 6: a maximum ends a session when it is reached, and not before.
void Simulation::check_maximum(const TransitionRow& transition) {
  if (transition.to != State::timed_out || transition.reason != Reason::max_duration || !transition.remote_id)
    return;
  const auto plan = config_->plans.find(transition.plan);
  if (plan == config_->plans.end()) return;
  for (const SimRemote& remote : providers_.at(transition.provider).remotes()) {
    if (remote.id != *transition.remote_id || remote.session != transition.session) continue;
    if (remote.unexpected) continue;  // made long after its start left, which is all that may be known
    const Millis least =
        std::min(remote.maximum.value_or(Millis::max()), plan->second.max_duration.value_or(Millis::max()));
    if (now_ - remote.created + maximum_slack < least) {
      fail("6: a session ends for a maximum that is not reached: " + transition.session.str());
    }
  }
}

// 6: where the account has room for one session, its plan is without one no longer than a stop and a start
// take.
void Simulation::check_gap() {
  if (!is_in(SimWorld::account_of_one)) return;
  const SimProvider& provider = providers_.at(ProviderName{"notte"});
  const auto& all = provider.remotes();
  const bool lives =
      std::any_of(all.begin(), all.end(), [](const auto& one) { return one.alive && !one.stranger; });
  const bool settled = healed_at_ != mono_never && now_ > healed_at_ + minutes{10};
  if (lives || !settled) worlds_.lived_at = now_;
  const bool kept = std::any_of(config_->plans.begin(), config_->plans.end(), [&](const auto& one) {
    const KeepAlive& keep = one.second.keep_alive;
    return one.second.provider == provider.name() && keep.heartbeat && keep.restart == Restart::by_schedule;
  });
  if (kept && config_->budgets.empty() && now_ - worlds_.lived_at > gap_max)
    fail("6: nothing is alive between a session and its successor");
}

// The window before ended when this one began, so that its session lives on.
bool Simulation::windows_touch(const Plan& plan) const {
  if (!is_in(SimWorld::touching_windows)) return false;
  return plan.schedule.window_at(now().wall) && plan.schedule.window_at(now().wall - minutes{2});
}

}  // namespace keeper::sim
