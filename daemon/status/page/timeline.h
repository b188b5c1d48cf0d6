// What a plan's sessions did over a stretch of time, and where one was missing. Pure; any thread.
#pragma once

#include <optional>
#include <vector>

#include "core/view.h"

namespace keeper {

// overlap: a rollover's successor and its predecessor were active at once. gap: the schedule wanted a session, and none
// was queued or active; what an operator stopped, a pause, or the end of a session that is not restarted is no gap.
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
  Millis alive{0};                 // taken over all replicas, an overlap once
  Millis missing{0};
  int gaps = 0;
};

// `sessions`: the plan's, whole as far as they touch [since, now]; what lies before the first of them is not judged.
Timeline timeline_of(const Plan& plan, const std::optional<Pause>& pause, const std::vector<const SessionRow*>& sessions,
                     Wall since, Wall now);

}  // namespace keeper
