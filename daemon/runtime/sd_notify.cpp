#include "runtime/sd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/descriptor.h"

namespace keeper {
namespace {

// What must not be lost waits for a service manager that is busy, for so long.
constexpr Seconds send_limit{5};

enum class Patience { none, some };

// Not sd_notify(3), which waits for as long as the service manager does not read.
void notify(const std::string& state, Patience patience) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = path != nullptr ? std::strlen(path) : 0;
  if (length < 2 || length > sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const timeval limit{send_limit.count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int flags = MSG_NOSIGNAL | (patience == Patience::none ? MSG_DONTWAIT : 0);
  static_cast<void>(::sendto(socket.get(), state.data(), state.size(), flags,
                             reinterpret_cast<const sockaddr*>(&address),
                             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length)));
}

std::string clock_time(Wall at, Wall now) {
  const std::string text = to_rfc3339(at);  // 2026-11-21T09:00:00.000Z
  const std::string time = text.substr(11, 5) + "Z";
  return text.substr(0, 10) == to_rfc3339(now).substr(0, 10) ? time : text.substr(0, 10) + " " + time;
}

}  // namespace

void notify_ready() { notify("READY=1", Patience::some); }

void notify_reloading() {
  const auto monotonic = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()), Patience::some);
}

void notify_stopping(Millis limit) {
  const auto extend = std::chrono::duration_cast<std::chrono::microseconds>(limit);
  notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(extend.count()), Patience::some);
}

void notify_status(const std::string& line) { notify("STATUS=" + line, Patience::none); }

void notify_watchdog() { notify("WATCHDOG=1", Patience::none); }

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
