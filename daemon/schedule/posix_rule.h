// PosixRule: what a zone's clock does for ever, as POSIX spells it in TZ ("CET-1CEST,M3.5.0,M10.5.0/3"), with
// the extensions of RFC 8536: names in <>, and hours of a change from -167 to 167. A rule is immutable once
// it is parsed, and any thread may use it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace keeper {

// From `begin` on, local time is UTC plus `offset`.
struct OffsetChange {
  std::chrono::sys_seconds begin;
  Seconds offset;
  bool operator==(const OffsetChange&) const = default;
};

class PosixRule {
 public:
  // Errors: malformed for a text that is no rule, and for daylight saving time without the dates of its
  // changes.
  static Result<PosixRule> parse(std::string_view text);

  // The changes of one year by UTC, in order; none where the clock is never changed.
  std::vector<OffsetChange> changes_in(std::chrono::year year) const;
  Seconds standard() const { return standard_; }
  bool saves_daylight() const { return saving_.has_value(); }

 private:
  // A day of a year and a time of it, which may lie outside of that day.
  struct Moment {
    enum class Kind { weekday, day, day_without_february_29 } kind = Kind::weekday;
    unsigned month = 1, week = 1, weekday = 0;  // week 5: the last
    int day = 0;                                // from 0, or from 1 where February 29 is not counted
    Seconds time{std::chrono::hours{2}};
  };
  class Text;

  static std::chrono::local_seconds on(const Moment& moment, std::chrono::year year);

  Seconds standard_{0};
  std::optional<Seconds> saving_;
  Moment begin_, end_;
};

}  // namespace keeper
