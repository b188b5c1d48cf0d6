// The rules of schedules, restarts, progress and allowances, held against each row that is committed and each
// start that leaves. They are judged by the true configuration, whatever the keeper was given.
#include <algorithm>

#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::minutes;

constexpr int failures_open = 5;  // calls in a row that did not get through, until one start at a time probes

bool got_through(const Result<std::vector<Remote>>& remotes) {
  if (remotes.ok()) return true;
  const ErrorKind kind = remotes.error().kind;
  return kind == ErrorKind::gone || kind == ErrorKind::denied || kind == ErrorKind::exhausted;
}

bool is_single(const Plan& plan) { return plan.schedule.kind() == Schedule::Kind::occurrences; }

}  // namespace

const Plan* Simulation::plan_of(const PlanName& name) const {
  const auto found = config_->plans.find(name);
  return found == config_->plans.end() ? nullptr : &found->second;
}

void Simulation::check_row(const SessionRow& row) {
  const auto known = rows_.find(row.id);
  if (known == rows_.end()) return;
  if (row.progress < known->second.progress) fail("8: progress goes back: " + row.id.str());
}

// 12: what begins does so once, in its window or after its time and no later than catch_up.
void Simulation::check_begin(const SessionRow& row) {
  const Plan* plan = plan_of(row.plan);
  // A configuration that is refused until the disk works again is not in force.
  if (!plan || worlds_.refused_reload) return;
  const Wall created = row.created_at;
  if (!is_single(*plan)) {
    if (!plan->schedule.window_at(created)) fail("12: begins outside of its window: " + row.id.str());
    return;
  }
  if (!begun_.insert({row.plan, row.occurrence, row.replica}).second) {
    fail("12: an occurrence begins twice: " + row.plan.str() + " at " + to_rfc3339(row.occurrence));
  }
  const Wall start = plan->schedule.start_of(row.occurrence);
  // One that waited for its predecessor's end may begin later, or after the clock was set back.
  const bool waits = plan->overlap == Overlap::buffer_one || plan->overlap == Overlap::replace ||
                     worlds_.buffered.contains({row.plan, row.occurrence});
  if (!waits && created < start) fail("12: begins before its time: " + row.id.str());
  if (!waits && created - start > plan->catch_up) fail("12: begins later than catch_up: " + row.id.str());
}

// Restart policies, and the backoff between two attempts of one process.
void Simulation::check_restart(const SessionRow& row) {
  const Plan* plan = plan_of(row.plan);
  const auto last = ends_.find({row.plan, row.occurrence, row.replica});
  if (!plan || last == ends_.end()) return;
  const LastEnd& end = last->second;
  const bool by_keeper = end.reason == Reason::superseded || end.reason == Reason::stopped_by_plan;
  const Restart policy = effective_restart(*plan);
  const bool succeeded = end.state == State::closed && end.reason != Reason::stopped_at_shutdown;
  if (!by_keeper && (policy == Restart::never || (policy == Restart::on_failure && succeeded))) {
    fail("restart: a session is started again that should not be: " + row.id.str());
  }
  const bool waits = !ended_by_keeper(end.reason) && end.epoch == epoch_ && !clock_moves() && !disk_ &&
                     row.attempt == end.attempt + 1;  // a predecessor that ends later has no wait of its own
  if (waits && row.created_at - end.at < plan->keep_alive.initial_backoff) {
    fail("backoff: started again without a wait: " + row.id.str());
  }
}

void Simulation::check_transition(const TransitionRow& t) {
  const SessionRow& row = rows_.at(t.session);
  const Plan* plan = plan_of(t.plan);
  // What is written again, because the disk lost it, begins nothing.
  const bool again = t.cause == Cause::recovery;
  if (!t.from && t.reason == Reason::scheduled && !again) check_begin(row);
  if (!t.from && t.reason == Reason::restarted) check_restart(row);
  if (is_terminal(t.to))
    ends_[{row.plan, row.occurrence, row.replica}] = {t.to, t.reason, t.recorded_at, epoch_, row.attempt};
  if (t.reason == Reason::stopped_at_shutdown && plan && plan->on_shutdown == OnShutdown::leave) {
    fail("18: stopped at shutdown though on_shutdown says leave: " + t.session.str());
  }
}

// 12: the reason that is recorded is true.
void Simulation::check_missed(const MissedRow& row) {
  const Plan* plan = plan_of(row.plan);
  if (!plan) return;
  const auto latest = plan->schedule.latest_start(row.recorded_at, plan->catch_up);
  if (row.why == Missed::too_late && latest && latest->time == row.occurrence) {
    fail("12: passed over as too late, though within catch_up: " + row.plan.str());
  }
  if (row.why == Missed::overlap && plan->overlap == Overlap::allow) {
    fail("12: passed over for an overlap that is allowed: " + row.plan.str());
  }
}

// What a start's answer says of the allowance, and any answer of the provider's health.
void Simulation::note_answer(const Effect& effect, const Result<std::vector<Remote>>& remotes) {
  Health& health = health_[effect.provider];
  if (health.probe == effect.session) health.probe.reset();
  if (!remotes.ok() && remotes.error().kind == ErrorKind::cut_off) return;
  health.failures = got_through(remotes) ? 0 : health.failures + 1;
  if (health.failures == failures_open) health.open_since = now_;
  // Where one ended, there is room again.
  const bool ended = remotes.ok() ? !remotes->empty() && remotes->front().progress == Progress::ended
                                  : remotes.error().kind == ErrorKind::gone;
  if (ended && effect.kind != EffectKind::find && effect.kind != EffectKind::list)
    health.starts_from = Mono{};
  if (effect.kind != EffectKind::start) return;
  if (remotes.ok()) health.starts_from = Mono{};
  if (!remotes.ok() && remotes.error().kind == ErrorKind::exhausted) {
    without_room_.insert(effect.provider);
    health.told_at = now_;
    health.starts_from = now_ + remotes.error().retry_after.value_or(Millis{0});
  }
}

// 10: a provider that does not answer is probed by one start at a time; what it asks to wait is waited.
void Simulation::check_start_rate(const Effect& start) {
  if (disk_) return;  // what a commit that hung held back leaves later than it was decided
  Health& health = health_[start.provider];
  if (now_ > health.told_at && now_ < health.starts_from) {
    fail("10: a start leaves before the time that the provider asked to wait: " + start.session.str());
  }
  if (health.failures < failures_open || now_ <= health.open_since) return;
  if (health.probe && *health.probe != start.session && world().sessions.contains(*health.probe)) {
    fail("10: two starts probe a provider at once: " + start.provider.str());
  }
  health.probe = start.session;
}

// What lasts longer than stop_timeout says so; what waited for a session does not wait once it is known.
void Simulation::check_session(const Tracked& session) {
  const SessionRow& row = session.row;
  // Of a provider that was taken out the row says so instead.
  const bool known = config_->providers.contains(row.provider);
  const bool stopping =
      known && row.ending && !is_terminal(row.state) && !session.flight && session.stop_by && !disk_;
  if (stopping && now_ > *session.stop_by + minutes{1} &&
      !row.last_error.starts_with("not ended within stop_timeout")) {
    fail("stop_timeout: a stop that lasts is not told: " + row.id.str());
  }
  if (row.remote_id && plan_of(row.plan) && !world().held.of({row.provider, *row.remote_id}).empty()) {
    fail("deliveries: one waits although its session is known: " + row.id.str());
  }
}

// 7: in a world that has been healthy for two sweeps no remote lives that no session stands for.
void Simulation::check_orphans() {
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!remote.alive || remote.stranger || now_ - remote.created < minutes{12}) continue;
      if (!world().by_remote.contains({name, remote.id})) fail("7: an orphan lives on: " + remote.id.str());
    }
  }
}

// In a world that has been healthy for a while: nothing lives outside of its window, beyond its maximum,
// beside the count or after it was to be replaced.
void Simulation::check_wanted() {
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!remote.alive || remote.stranger || remote.unexpected) continue;
      const SessionRow& row = rows_.at(remote.session);
      const Plan* plan = plan_of(row.plan);
      if (!plan) continue;
      if (plan->max_duration && now_ - remote.created > *plan->max_duration + minutes{5}) {
        fail("max_duration: lives on after it: " + remote.id.str());
      }
      if (row.ending) continue;
      const Wall before = now().wall - minutes{5};
      if (row.replica >= plan->count) fail("20: lives on beside the count: " + remote.id.str());
      if (!is_single(*plan) && !plan->schedule.window_at(now().wall) && !plan->schedule.window_at(before)) {
        fail("windows: lives on after the end of its window: " + remote.id.str());
      }
      const auto latest = plan->schedule.latest_start(before, minutes{20});
      const bool replaced = is_single(*plan) && plan->overlap == Overlap::replace && latest;
      if (replaced && latest->time > row.occurrence && !clock_moves()) {
        fail("overlap: lives on though it was to be replaced: " + remote.id.str());
      }
    }
  }
}

}  // namespace keeper::sim
