// The graceful end of the process, and the handover of a rollover, in the simulated world.
#include <algorithm>

#include "sim/simulation.h"

namespace keeper::sim {

void Simulation::leave() {
  if (leaving_since_) return;
  leaving_since_ = now_;
  log("shutdown asked");
  inbox_->post(ShutdownAsked{});
}

// 18: what leaves says of itself that it is ready: nothing of a plan that stops at shutdown is alive then.
void Simulation::end_process() {
  if (!leaving_since_ || inbox_->size() > 0 || !verdict_.broken.empty()) return;
  const bool ready = rounds_->keeper().ready_to_leave();
  if (!ready && now_ - *leaving_since_ < std::chrono::minutes{2}) return;
  for (const auto& [id, session] : world().sessions) {
    const Plan* plan = plan_of(session.row.plan);
    const bool stops = plan && plan->on_shutdown == OnShutdown::stop && !is_terminal(session.row.state);
    if (stops && !session.row.ending && !rounds_->in_outage())
      fail("18: not asked to end at shutdown: " + id.str());
  }
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!ready || !remote.alive || remote.stranger || remote.unexpected) continue;
      const auto plan = config_->plans.find(rows_.at(remote.session).plan);
      if (plan == config_->plans.end() || plan->second.on_shutdown != OnShutdown::stop) continue;
      fail("18: left running at shutdown: " + remote.id.str());
    }
  }
  log("end of the process");
  restart();
}

// The remote reaches its maximum within what a stop takes, by what the keeper knows of its creation.
bool Simulation::is_last_moment(const SessionRow& row) const {
  constexpr Millis slack = Seconds{50};
  const auto plan = config_->plans.find(row.plan);
  for (const SimRemote& remote : providers_.at(row.provider).remotes()) {
    if (remote.id != row.remote_id || remote.session != row.id || plan == config_->plans.end()) continue;
    const Millis most =
        std::min(remote.maximum.value_or(Millis::max()), plan->second.max_duration.value_or(Millis::max()));
    return now_ - remote.created > most - slack;
  }
  return false;
}

// 19: make before break: the old one goes when its successor is active. Where the provider had no room for a
// second one it goes at the last moment. A stop that is sent again was judged when it first left.
void Simulation::check_handover(const Effect& stop) {
  const SessionRow& row = rows_.at(stop.session);
  const auto plan = config_->plans.find(row.plan);
  const bool superseded = row.ending && row.ending->reason == Reason::superseded;
  if (!superseded || row.ending->cause != Cause::schedule || plan == config_->plans.end()) return;
  if (plan->second.keep_alive.rollover != Rollover::make_before_break ||
      plan->second.overlap == Overlap::replace)
    return;
  if (!handed_over_.insert(row.id).second) return;
  if (!row.successor || rows_.at(*row.successor).state == State::queued) {
    // It may have been decided by a process that was killed since.
    if (without_room_.contains(row.provider) && is_last_moment(row)) return;
    fail("19: an old session is stopped before its successor is active: " + row.id.str());
  }
}

}  // namespace keeper::sim
