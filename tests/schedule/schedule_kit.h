// What the tests of zone, cron and schedule share: short ways to write times, and a clock that is walked
// minute by minute as cron(8) does, which knows nothing of the code under test but the zones' offsets.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/cron.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"

// Catch has a CHECK of its own; in a test that one is meant.
#include "catch.h"

namespace keeper::kit {

Zone zone(std::string_view name);
Wall utc(std::string_view text);  // "2026-03-29T01:00" is UTC
Cron cron(std::string_view text);

// The first `count` matches after a local time, in the zone's own spelling.
std::vector<std::string> runs(std::string_view expression, std::string_view zone_name, std::string_view after,
                              std::size_t count);

Schedule made(Schedule::Spec spec);
Schedule::Spec starting(std::string_view start, std::string_view in = "UTC");
Schedule::Spec between(std::string_view start, std::string_view stop, std::string_view in = "UTC");
Schedule::Spec lasting(std::string_view start, Millis duration, std::string_view in = "UTC");

// A matcher of its own for numbers, ranges, steps and lists in five fields.
class PlainCron {
 public:
  explicit PlainCron(std::string_view text);
  bool shows(LocalTime minute) const;
  bool wildcard() const { return wildcard_; }

 private:
  std::vector<std::vector<bool>> allowed_;
  bool wildcard_ = false;
  bool either_day_ = false;
};

// Calls `minute(now, local, fresh)` for each minute of [begin, end), and for each skipped one as well.
// `fresh` is false for a time that the clock has shown before; a skipped time comes at the gap's end.
struct ClockMinute {
  Wall now;
  LocalTime local;
  bool fresh;  // not shown before
  bool shown;  // not skipped
};
void walk(const Zone& zone, Wall begin, Wall end, const std::function<void(const ClockMinute&)>& minute);

bool fires(const PlainCron& cron, const ClockMinute& minute);

}  // namespace keeper::kit
