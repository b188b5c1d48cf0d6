// Cron: one parsed cron expression, and when it matches in a zone. It knows the years 1970 to 2099
// (`zone_end`). Where a zone's clock is set forward or back, the kind of the expression decides:
// - A minute or hour that begins with '*' follows elapsed time. It matches whenever the clock shows it, so
//   that an expression for every 15 minutes matches every 15 minutes on such a day too.
// - Any other is a fixed time. A time that the clock shows twice matches at the first of them, and a time
//   that is skipped matches right after the gap. "30 2 * * *" matches once on each day.
// An expression is immutable once it is parsed, and any thread may use it. It never reads a clock.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "schedule/zone.h"

namespace keeper {

struct CronProblem {
  std::size_t column;   // 1-based, within the expression
  std::string message;  // names the field and what it allows
};

// What the fields allow, one bit for each value.
struct CronFields {
  std::uint64_t seconds = 1;
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;
  std::uint64_t months = 0;
  std::uint64_t weekdays = 0;                   // 0 to 6, 0 is Sunday
  std::uint64_t nearest_workdays = 0;           // "15W": Monday to Friday nearest to that day
  std::uint64_t last_weekdays = 0;              // "5L": the last Friday
  std::array<std::uint64_t, 6> nth_weekdays{};  // "fri#2": bit 5 of [2]
  bool last_day = false;                        // "L"
  bool last_workday = false;                    // "LW"
  bool any_minute = false, any_hour = false;    // the field begins with '*' or '?'
  bool any_day = false, any_weekday = false;

  bool operator==(const CronFields&) const = default;
};

class Cron {
 public:
  // Five fields, six (seconds first), or a nickname as @daily. What can never match is a problem.
  static std::variant<Cron, CronProblem> parse(std::string_view text);

  const std::string& text() const { return text_; }
  // The same for two expressions that match at the same times by the same rule, however they are written.
  std::string fingerprint() const;
  bool wildcard_time() const { return fields_.any_minute || fields_.any_hour; }
  // Day of month and day of week are both restricted: either of them suffices.
  bool either_day() const { return !fields_.any_day && !fields_.any_weekday; }

  // The first match strictly after `after`; empty if there is none before `zone_end`.
  std::optional<Wall> next(Wall after, const Zone& zone) const;

  // The last match in [not_before, at]; empty if there is none, and for times from `zone_end` on.
  std::optional<Wall> latest(Wall at, Wall not_before, const Zone& zone) const;

  // The local time a match stands for: the one shown, or the last of the skipped ones that it makes up for.
  LocalTime nominal(Wall match, const Zone& zone) const;

  bool operator==(const Cron&) const = default;

 private:
  Cron(std::string text, const CronFields& fields) : text_(std::move(text)), fields_(fields) {}

  std::optional<LocalTime> first_in(LocalTime begin, LocalTime end) const;
  std::optional<LocalTime> last_in(LocalTime begin, LocalTime end) const;
  bool makes_up_at(const Zone::Span& span) const;
  LocalTime fresh_from(const Zone::Span& span) const;

  std::string text_;
  CronFields fields_;
};

// The days of one month that match, as bits 1 to 31.
std::uint64_t matching_days(const CronFields& fields, std::chrono::year_month month);

}  // namespace keeper
