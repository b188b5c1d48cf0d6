// The two clocks and the text forms of their times. Wall is UTC in milliseconds, for schedules and rows; it
// may be stepped. Mono is CLOCK_BOOTTIME in milliseconds, for deadlines; it never goes back, and it goes on
// in suspend. The core is given both as a Now and never reads a clock. Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keeper {

using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

using Wall = std::chrono::sys_time<Millis>;

struct BootClock {
  using duration = Millis;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, Millis>;
  static constexpr bool is_steady = true;
  static time_point now();
};
using Mono = BootClock::time_point;

inline constexpr Mono mono_never = Mono::max();

struct Now {
  Wall wall;
  Mono mono;
};

Wall wall_now();

// "2026-11-21T09:00:00.000Z"
std::string to_rfc3339(Wall time);

// ISO 8601 date and time; a missing zone is read as UTC, up to nine fractional digits are read (cut to ms).
// Empty on anything else.
std::optional<Wall> parse_time(std::string_view text);

// "1h30m", "90s", "250ms": the way the configuration spells durations. Zero is "0s".
std::string to_text(Millis duration);

// Prometheus durations: y w d h m s ms, largest unit first, no sign, no bare number. Empty on anything else.
std::optional<Millis> parse_duration(std::string_view text);

}  // namespace keeper
