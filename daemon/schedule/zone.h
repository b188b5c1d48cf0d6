// Zone: a handle on one time zone of the system's database, and local times that are read and written in it.
// It is right from 1970 to the end of 2037, where the system's files end. A later time (`zone_end`) may not
// be asked about, and the callers refuse such times. Cheap to copy; any thread; never reads a clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace date {
class time_zone;
}

namespace keeper {

using LocalTime = std::chrono::local_seconds;

inline constexpr std::chrono::sys_seconds zone_end = std::chrono::sys_days{std::chrono::January / 1 / 2038};

class Zone {
 public:
  // A stretch [begin, end) in which local time is UTC plus one offset.
  struct Span {
    std::chrono::sys_seconds begin, end;
    Seconds offset;
    // How far the clock had come when the span began. Below `local_begin()`: what lies between is skipped.
    // Above it: what lies between comes again.
    LocalTime shown;

    LocalTime local_begin() const { return local(begin); }
    LocalTime local(std::chrono::sys_seconds t) const { return LocalTime{(t + offset).time_since_epoch()}; }
    std::chrono::sys_seconds utc(LocalTime t) const {
      return std::chrono::sys_seconds{t.time_since_epoch() - offset};
    }
  };

  Zone() = default;  // UTC

  // Unknown: malformed, with the closest name. No database at all: storage.
  static Result<Zone> find(std::string_view iana_name);

  const std::string& name() const;
  Span span_at(std::chrono::sys_seconds t) const;
  Seconds offset_at(Wall t) const;
  LocalTime local(Wall t) const;

  // When `t` is first shown; a skipped time: right after the gap.
  std::chrono::sys_seconds first(LocalTime t) const;

  // By how much the clock changes in the course of the local day that `t` falls on; zero on nearly all.
  Seconds change_on_day(Wall t) const;

  bool operator==(const Zone&) const = default;

 private:
  explicit Zone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_ = nullptr;
};

// "2026-11-21T10:00:00+01:00", with milliseconds where there are some.
std::string to_rfc3339(Wall t, const Zone& zone);

// As parse_time, but what names no offset is local time in `zone`, and "2026-11-21" is the day's begin.
// Empty also for what lies before 1970 or after 2037.
std::optional<Wall> parse_time_in(std::string_view text, const Zone& zone);

// "2026-11-21"; empty on anything else.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

}  // namespace keeper
