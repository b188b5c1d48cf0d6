// Schedule: when a plan wants sessions. There are two kinds.
// - Windows answer "should a session be alive now?". The answer depends on the time alone, and on nothing
//   that was seen before.
// - Occurrences are single starts. The scheduled time of each, without jitter, is its identity.
// Cron expressions and excluded dates are known to the end of 2099 (`zone_end`). A schedule is immutable, and
// any thread may use it. It never reads a clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "schedule/cron.h"
#include "schedule/zone.h"

namespace keeper {

// Both days included, in the plan's zone.
struct DateRange {
  std::chrono::year_month_day first, last;
  bool operator==(const DateRange&) const = default;
};

struct Occurrence {
  Wall time;   // as scheduled, without jitter: the identity
  Wall start;  // when to act
  bool operator==(const Occurrence&) const = default;
};

// [begin, end): alive in between. No end: none is known.
struct Window {
  Wall time;   // the start that opened it, without jitter: the identity as long as it lasts
  Wall begin;  // with jitter, and not before `not_before`
  std::optional<Wall> end;
  bool operator==(const Window&) const = default;
};

class Schedule {
 public:
  enum class Kind { always, window, occurrences };

  // One of `always`, `start`, `every` and `at` says when it starts. `stop` or `duration` makes it windows:
  // - stop: from a start to the first stop strictly after it; further starts until then belong to it.
  // - duration: counted from the jittered start. A start while it lasts ends it and opens the next.
  struct Spec {
    bool always = false;
    std::optional<Cron> start;
    std::optional<Millis> every;  // at `phase` + n * `every` since the epoch
    Millis phase{0};
    std::vector<Wall> at;
    std::optional<Cron> stop;
    std::optional<Millis> duration;
    Zone zone;
    // A start is late by a stable hash of plan and time, in [0, jitter) and never past the next start.
    PlanName plan;
    Millis jitter{0};
    // No start on these dates; a window from before goes on. `always`: not alive on them.
    std::vector<DateRange> exclude;
    // Occurrences: both included. Windows are cut to [not_before, not_after).
    std::optional<Wall> not_before, not_after;

    bool operator==(const Spec&) const = default;
  };

  // Errors: malformed where the keys contradict one another. The message begins with the key that is wrong.
  static Result<Schedule> make(Spec spec);

  Schedule();  // always

  Kind kind() const;
  const Spec& spec() const { return spec_; }

  // The same text for two schedules of one plan that mean the same, however they are written. It differs
  // where a time, the zone, the jitter, an exclusion or a bound differs, or the zone's rules have changed.
  // The store keeps the text, so that no release may change how it is made.
  std::string fingerprint() const;

  // The window that contains `now`; always empty for kind `occurrences`. An `always` plan's one window has
  // the time of the epoch, or after excluded dates the end of these.
  std::optional<Window> window_at(Wall now) const;

  // The newest occurrence with now - within <= start <= now. Empty for windows.
  std::optional<Occurrence> latest_start(Wall now, Millis within) const;

  // The first start strictly after `after`; of windows, the first begin.
  std::optional<Occurrence> next_start(Wall after) const;

  // When to act on the occurrence, or the window, that is known by `time`.
  Wall start_of(Wall time) const { return jittered(time).start; }

  // The first end of a window strictly after `after`. Empty for kind `occurrences`.
  std::optional<Wall> next_stop(Wall after) const;

  bool operator==(const Schedule&) const = default;

 private:
  struct Interval {
    Wall begin, end;
    bool operator==(const Interval&) const = default;
  };

  explicit Schedule(Spec spec);

  std::optional<Wall> tick_after(Wall after) const;
  std::optional<Wall> tick_until(Wall at, Wall not_before) const;
  const Interval* excluded(Wall t) const;
  bool is_moot(Wall start) const;
  std::optional<Wall> start_after(Wall after) const;
  std::optional<Wall> start_until(Wall at, Wall not_before) const;
  std::optional<Wall> opening_after(Wall after) const;
  std::optional<Wall> opening_until(Wall at) const;
  std::optional<Wall> stop_after(Wall opening) const;
  bool is_window() const { return kind() != Kind::occurrences; }
  Occurrence jittered(Wall time) const;
  std::optional<Occurrence> begun_until(Wall at) const;
  std::optional<Occurrence> begins_after(Wall after) const;
  std::optional<Window> window_of(const Occurrence& opening) const;

  Spec spec_;
  std::vector<Interval> excluded_;  // sorted, apart
};

}  // namespace keeper
