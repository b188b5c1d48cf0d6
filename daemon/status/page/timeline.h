// What the sessions of a plan did over a stretch of time, and where a session was missing. Pure; any thread.
#pragma once

#include <optional>
#include <vector>

#include "core/view.h"

namespace keeper {

// overlap: the successor and the predecessor of a rollover were active at once.
// gap: the schedule wanted a session, and none was queued or active. It is no gap where an operator stopped
// or paused the plan, or where a session had ended that is not restarted.
enum class StretchKind { queued, active, overlap, gap };

struct Stretch {
  StretchKind kind = StretchKind::active;
  Wall begin{}, end{};
  int replica = 0;
  std::optional<SessionId> session;  // of queued and active ones
  bool operator==(const Stretch&) const = default;
};

struct Timeline {
  std::vector<Stretch> stretches;  // sessions, then overlaps, then gaps
  Millis alive{0};                 // how long all replicas that the plan counts were active at once
  Millis missing{0};               // the sum over these
  int gaps = 0;
};

// `sessions` are all sessions of the plan that touch [since, now]. There is no gap before the first of them.
Timeline timeline_of(const Plan& plan, const std::optional<Pause>& pause,
                     const std::vector<const SessionRow*>& sessions, Wall since, Wall now);

}  // namespace keeper
