// How the daemon serves signals, leaves and ends.
#include <algorithm>

#include "runtime/daemon.h"
#include "runtime/log.h"
#include "runtime/sd_notify.h"

namespace keeper {
namespace {

constexpr Millis leave_limit_max = Seconds{90};
constexpr Millis quiet_limit = Seconds{3};

}  // namespace

// What the plans' stops and the starts under way may take.
Millis Daemon::leave_limit() {
  const auto settings = loaded().settings;
  Millis limit = Seconds{5};
  for (const auto& [name, plan] : settings->config->plans) {
    const auto provider = settings->config->providers.find(plan.provider);
    const Millis call =
        provider == settings->config->providers.end() ? Millis{} : provider->second.request_timeout;
    limit = std::max(limit, call + (plan.on_shutdown == OnShutdown::stop ? plan.stop_timeout : Millis{}));
  }
  return std::min(limit, leave_limit_max);
}

int Daemon::serve(const std::function<void()>& stop_listening) {
  notify_ready();
  while (!asked_to_hand_over_) {
    const std::optional<Signal> signal = signals_.wait(mono_never);
    if (!signal) return end_by_itself();
    if (*signal == Signal::terminate) return leave(false, stop_listening);
    if (*signal == Signal::reload) reloads_.ask();
  }
  return leave(true, stop_listening);
}

// The loop cannot go on.
int Daemon::end_by_itself() {
  ending_ = true;
  reloads_.stop();
  thread_.join();
  Log(Level::error, "ended").with("error", loop_->fatal());
  return deposed_ ? exit_deposed : exit_failed;
}

// False: it was told a second time to end, or the time was up before what the end waits for was done.
bool Daemon::wait_until_done(Mono until) {
  while (true) {
    const std::optional<Signal> signal = signals_.wait(until);
    if (signal == Signal::reload || signal == Signal::wake) continue;
    hurried_ = signal.has_value();
    return !signal && BootClock::now() < until;
  }
}

bool Daemon::stops_session_of(const PlanName& plan) {
  const auto settings = loaded().settings;
  const auto known = settings->config->plans.find(plan);
  return known != settings->config->plans.end() && known->second.on_shutdown == OnShutdown::stop;
}

bool Daemon::stops_sessions() {
  const auto settings = loaded().settings;
  const auto& plans = settings->config->plans;
  return std::any_of(plans.begin(), plans.end(),
                     [&](const auto& one) { return stops_session_of(one.first); });
}

// Names each session that is left running though its plan stops it at an end, without that anybody is known
// to go on with it. `heir`: empty where none is there.
void Daemon::tell_left(const std::optional<NodeRow>& heir) {
  const ViewPtr view = published().view;
  if (!view) return;
  for (const SessionView& session : view->sessions) {
    if (session.is_over || !stops_session_of(session.row.plan)) continue;
    Log line(Level::warning, "session_left");
    line.with("session", session.row.id.str()).with("plan", session.row.plan.str());
    if (session.row.remote_id) line.with("remote", session.row.remote_id->str());
    if (heir) line.with("to", heir->node).with("last_heard", to_text(heir->seen_ago) + " ago");
  }
}

int Daemon::leave(bool hands_over, const std::function<void()>& stop_listening) {
  const Millis limit = leave_limit();
  Log(Level::info, "stopping").with("within", to_text(limit));
  notify_stopping(limit + quiet_limit + (watch_ ? heir_limit : Millis{0}));
  const Heir heir = hands_over ? Heir{} : find_heir();
  const bool keeps = hands_over || heir.node;
  inbox_.post(ShutdownAsked{keeps});
  const bool is_done = !hurried_ && wait_until_done(BootClock::now() + limit);
  if (!is_done)
    Log(Level::warning, "leaving_early").with("reason", hurried_ ? "second signal" : "time is up");
  const bool is_sure = keeps ? hands_over || heir.is_sure : is_done;
  if (!is_sure) tell_left(heir.node);
  stop_listening();
  ending_ = true;
  reloads_.stop();
  dead_mans_switch_.reset();
  loop_->stop();
  thread_.join();
  if (!loop_->fatal().empty()) Log(Level::error, "ended").with("error", loop_->fatal());
  if (deposed_ || hands_over) return exit_deposed;
  return loop_->fatal().empty() ? exit_good : exit_failed;
}

bool Daemon::end() {
  if (turning_ == nullptr) return true;
  if (deposed_) {
    // What is under way is the next leader's to find out.
    workers_.wait_quiet(quiet_limit);
    leave_words();
    return false;
  }
  // It turns yet where the configuration did not get into effect.
  loop_->stop();
  if (thread_.joinable()) thread_.join();
  const bool quiet =
      workers_.wait_quiet(hurried_ ? Millis{} : quiet_limit) && notifier_->idle() && store_thread_->idle();
  if (quiet && watch_) {
    // Once no call is under way, another node may lead at once.
    dead_mans_switch_.reset();
    turning_ = nullptr;
    workers_.stop();
    store_thread_.reset();
    store_->hand_over();
    loop_.reset();
    store_.reset();
    watch_->leave();
  }
  Log(Level::info, "stopped");
  return quiet;
}

}  // namespace keeper
