#include <string>

#include "schedule/schedule.h"

namespace keeper {
namespace {

// Jitter and periods beyond this are slips, and sums of them stay far from where time overflows.
constexpr Millis longest = std::chrono::years{100};

Error malformed(std::string what) { return {ErrorKind::malformed, std::move(what)}; }

std::optional<Error> check_source(const Schedule::Spec& spec) {
  const int sources =
      int{spec.always} + int{spec.start.has_value()} + int{spec.every.has_value()} + int{!spec.at.empty()};
  if (sources != 1) return malformed("schedule: give exactly one of always, start, every and at");
  if (spec.stop && spec.duration) return malformed("stop: give either stop or duration, not both");
  if (spec.always && spec.stop) return malformed("stop: an always plan has no stop; use start with stop");
  if (spec.always && spec.duration) {
    return malformed("duration: an always plan has no duration; use start with duration");
  }
  if (spec.stop && !spec.start) return malformed("stop: needs start, a cron expression");
  return std::nullopt;
}

std::optional<Error> check_durations(const Schedule::Spec& spec) {
  if (spec.every && (*spec.every < Seconds{1} || *spec.every > longest)) {
    return malformed("every: must be from 1s to 100y");
  }
  if (spec.phase != Millis{0} && !spec.every) return malformed("phase: belongs to every");
  if (spec.every && (spec.phase < Millis{0} || spec.phase >= *spec.every)) {
    return malformed("phase: must be shorter than every, " + to_text(*spec.every));
  }
  if (spec.duration && (*spec.duration < Seconds{1} || *spec.duration > longest)) {
    return malformed("duration: must be from 1s to 100y");
  }
  if (spec.jitter < Millis{0} || spec.jitter > longest) return malformed("jitter: must be from 0s to 100y");
  return std::nullopt;
}

std::optional<Error> check_bounds(const Schedule::Spec& spec) {
  constexpr std::chrono::sys_days last_day =
      std::chrono::floor<std::chrono::days>(zone_end) - std::chrono::days{1};
  for (const DateRange& dates : spec.exclude) {
    if (!dates.first.ok() || !dates.last.ok()) return malformed("exclude: no such date");
    if (dates.last < dates.first) return malformed("exclude: the range ends before it begins");
    if (std::chrono::sys_days{dates.first} < std::chrono::sys_days{} ||
        std::chrono::sys_days{dates.last} > last_day) {
      return malformed("exclude: dates must lie within 1970 to 2099");
    }
  }
  for (const Wall time : spec.at) {
    if (time < Wall{} || time >= zone_end) return malformed("at: times must lie within 1970 to 2099");
  }
  if (spec.not_before && spec.not_after && *spec.not_after <= *spec.not_before) {
    return malformed("not_after: must be later than not_before");
  }
  return std::nullopt;
}

}  // namespace

Result<Schedule> Schedule::make(Spec spec) {
  for (const auto check : {check_source, check_durations, check_bounds}) {
    if (auto error = check(spec)) return std::move(*error);
  }
  return Schedule(std::move(spec));
}

}  // namespace keeper
