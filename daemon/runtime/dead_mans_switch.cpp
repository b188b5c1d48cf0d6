#include "runtime/dead_mans_switch.h"

#include <algorithm>
#include <utility>

#include "runtime/log.h"

namespace keeper {
namespace {

constexpr Millis call_limit_max = Seconds{15};

}  // namespace

DeadMansSwitch::DeadMansSwitch(DeadMansSwitchSettings settings, std::function<bool()> is_well,
                               Locked<std::optional<MonitorFacts>>& facts)
    : settings_(std::move(settings)), is_well_(std::move(is_well)), callee_(settings_.url), facts_(facts) {
  facts_.with([](auto& now) { now.emplace(); });
  thread_ = std::thread([this] { work(); });
}

DeadMansSwitch::~DeadMansSwitch() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !calling_; });
  facts_.with([](auto& now) { now.reset(); });
}

void DeadMansSwitch::note(const Status& heard) {
  const Wall at = wall_now();
  const bool begins = facts_.with([&](auto& now) {
    const bool failed_before = now->failing_since.has_value();
    if (heard.ok()) {
      *now = {{}, {}, at};
    } else {
      if (!failed_before) now->failing_since = at;
      now->last_error = heard.error().what;
    }
    return !heard.ok() && !failed_before;
  });
  if (begins) Log(Level::warning, "dead_mans_switch_not_heard").with("error", heard.error().what);
}

void DeadMansSwitch::call() {
  const Millis limit = std::min(call_limit_max, settings_.every);
  launch(callee_.call({"GET", {}}, limit, wall_now()), resume_at_once, [this](const Status& heard) {
    note(heard);
    const std::scoped_lock lock(mutex_);
    calling_ = false;
    changed_.notify_all();
  });
}

void DeadMansSwitch::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool is_free = !calling_;
    lock.unlock();
    const bool calls = is_free && is_well_();
    lock.lock();
    calling_ = calling_ || calls;
    lock.unlock();
    if (calls) call();
    lock.lock();
    changed_.wait_for(lock, settings_.every, [this] { return stopping_; });
  }
}

std::optional<SessionId> overdue_session(const View& view, Wall now) {
  for (const SessionView& session : view.sessions) {
    if (session.row.ending || is_terminal(session.row.state)) continue;
    if (session.overdue_at && was_neglected(*session.overdue_at, now)) return session.row.id;
  }
  return std::nullopt;
}

}  // namespace keeper
