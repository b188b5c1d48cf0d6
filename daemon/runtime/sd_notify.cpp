#include "runtime/sd_notify.h"

#include <systemd/sd-daemon.h>

#include <algorithm>

namespace keeper {
namespace {

void notify(const std::string& state) { static_cast<void>(::sd_notify(0, state.c_str())); }

std::string clock_time(Wall at, Wall now) {
  const std::string text = to_rfc3339(at);  // 2026-11-21T09:00:00.000Z
  const std::string time = text.substr(11, 5) + "Z";
  return text.substr(0, 10) == to_rfc3339(now).substr(0, 10) ? time : text.substr(0, 10) + " " + time;
}

}  // namespace

void notify_ready() { notify("READY=1"); }

void notify_reloading() {
  const auto monotonic = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()));
}

void notify_stopping(Millis limit) {
  const auto extend = std::chrono::duration_cast<std::chrono::microseconds>(limit);
  notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(extend.count()));
}

void notify_status(const std::string& line) { notify("STATUS=" + line); }

void notify_watchdog() { notify("WATCHDOG=1"); }

std::optional<Millis> watchdog_limit() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::duration_cast<Millis>(std::chrono::microseconds(microseconds));
}

std::string status_line(const View& view) {
  std::size_t active = 0;
  for (const SessionView& session : view.sessions) {
    if (session.row.state == State::active) ++active;
  }
  std::size_t degraded = 0;
  std::size_t blocked = 0;
  std::optional<Wall> next;
  for (const PlanView& plan : view.plans) {
    if (plan.standing.condition == PlanCondition::degraded) ++degraded;
    if (plan.standing.condition == PlanCondition::blocked) ++blocked;
    if (plan.standing.next_start && (!next || *plan.standing.next_start < *next))
      next = plan.standing.next_start;
  }
  std::string line = std::to_string(active) + " active, " + std::to_string(degraded) + " degraded";
  if (blocked > 0) line += ", " + std::to_string(blocked) + " blocked";
  if (next) line += ", next start " + clock_time(*next, view.at);
  return line;
}

}  // namespace keeper
