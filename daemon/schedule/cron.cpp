#include "schedule/cron.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace keeper {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::sys_seconds;
using std::chrono::year_month;
using std::chrono::year_month_day;
using Bits = std::uint64_t;

constexpr Bits bit(unsigned n) { return Bits{1} << n; }
constexpr Bits up_to(unsigned n) { return n >= 63 ? ~Bits{0} : bit(n + 1) - 1; }
constexpr Bits from(unsigned n) { return ~Bits{0} << n; }
constexpr unsigned lowest(Bits bits) { return static_cast<unsigned>(std::countr_zero(bits)); }
constexpr unsigned highest(Bits bits) { return 63U - static_cast<unsigned>(std::countl_zero(bits)); }

unsigned day_count(year_month month) { return static_cast<unsigned>((month / std::chrono::last).day()); }

unsigned weekday_of_first(year_month month) {
  return std::chrono::weekday{std::chrono::sys_days{month / 1}}.c_encoding();
}

// The Monday to Friday nearest to `day` within its month.
unsigned nearest_workday(unsigned day, unsigned weekday, unsigned count) {
  if (weekday == 6) return day == 1 ? 3 : day - 1;
  if (weekday == 0) return day == count ? day - 2 : day + 1;
  return day;
}

bool weekday_allows(const CronFields& f, unsigned day, unsigned weekday, unsigned count) {
  return ((f.weekdays | f.nth_weekdays[(day + 6) / 7] | (day + 7 > count ? f.last_weekdays : 0)) &
          bit(weekday)) != 0;
}

Seconds time_of_day(unsigned hour, unsigned minute, unsigned second) {
  return hours{hour} + minutes{minute} + Seconds{second};
}

// The first time of day from `at` on.
std::optional<Seconds> time_from(const CronFields& f, Seconds at) {
  const std::chrono::hh_mm_ss clock{at};
  const auto hour = static_cast<unsigned>(clock.hours().count());
  const auto minute = static_cast<unsigned>(clock.minutes().count());
  const auto second = static_cast<unsigned>(clock.seconds().count());
  if ((f.hours & bit(hour)) != 0) {
    const Bits same_minute = (f.minutes & bit(minute)) != 0 ? f.seconds & from(second) : 0;
    if (same_minute != 0) return time_of_day(hour, minute, lowest(same_minute));
    const Bits later = f.minutes & from(minute + 1);
    if (later != 0) return time_of_day(hour, lowest(later), lowest(f.seconds));
  }
  const Bits later = f.hours & from(hour + 1);
  if (later == 0) return std::nullopt;
  return time_of_day(lowest(later), lowest(f.minutes), lowest(f.seconds));
}

// The last time of day up to and with `at`.
std::optional<Seconds> time_until(const CronFields& f, Seconds at) {
  const std::chrono::hh_mm_ss clock{at};
  const auto hour = static_cast<unsigned>(clock.hours().count());
  const auto minute = static_cast<unsigned>(clock.minutes().count());
  const auto second = static_cast<unsigned>(clock.seconds().count());
  if ((f.hours & bit(hour)) != 0) {
    const Bits same_minute = (f.minutes & bit(minute)) != 0 ? f.seconds & up_to(second) : 0;
    if (same_minute != 0) return time_of_day(hour, minute, highest(same_minute));
    const Bits earlier = f.minutes & ~from(minute);
    if (earlier != 0) return time_of_day(hour, highest(earlier), highest(f.seconds));
  }
  const Bits earlier = f.hours & ~from(hour);
  if (earlier == 0) return std::nullopt;
  return time_of_day(highest(earlier), highest(f.minutes), highest(f.seconds));
}

year_month_day date_of(local_days day) { return year_month_day{day}; }

}  // namespace

std::uint64_t matching_days(const CronFields& f, year_month month) {
  if ((f.months & bit(static_cast<unsigned>(month.month()))) == 0) return 0;
  const unsigned count = day_count(month);
  const unsigned first = weekday_of_first(month);
  const auto weekday = [first](unsigned day) { return (first + day - 1) % 7; };
  const Bits whole = up_to(count) & ~Bits{1};

  Bits by_day = f.days & whole;
  if (f.last_day) by_day |= bit(count);
  if (f.last_workday) by_day |= bit(nearest_workday(count, weekday(count), count));
  for (Bits rest = f.nearest_workdays & whole; rest != 0; rest &= rest - 1) {
    by_day |= bit(nearest_workday(lowest(rest), weekday(lowest(rest)), count));
  }
  Bits by_weekday = 0;
  for (unsigned day = 1; day <= count; ++day) {
    if (weekday_allows(f, day, weekday(day), count)) by_weekday |= bit(day);
  }
  // The classic rule of Vixie cron, by what the fields begin with, not by what they allow.
  return f.any_day || f.any_weekday ? by_day & by_weekday : by_day | by_weekday;
}

std::string Cron::fingerprint() const {
  const CronFields& f = fields_;
  std::string text;
  for (const Bits bits :
       {f.seconds, f.minutes, f.hours, f.days, f.months, f.weekdays, f.nearest_workdays, f.last_weekdays,
        f.nth_weekdays[1], f.nth_weekdays[2], f.nth_weekdays[3], f.nth_weekdays[4], f.nth_weekdays[5]}) {
    text += std::to_string(bits) + ",";
  }
  for (const bool flag : {f.last_day, f.last_workday, wildcard_time(), f.any_day || f.any_weekday}) {
    text += flag ? "1" : "0";
  }
  return text;
}

// The first match in the local time [begin, end), as if no clock were ever changed.
std::optional<LocalTime> Cron::first_in(LocalTime begin, LocalTime end) const {
  const auto start = floor<days>(begin);
  Seconds from_time = begin - start;
  unsigned from_day = static_cast<unsigned>(date_of(start).day());
  year_month month{date_of(start).year(), date_of(start).month()};
  for (; local_days{month / 1} < end; month += std::chrono::months{1}) {
    for (Bits rest = matching_days(fields_, month) & from(from_day); rest != 0; rest &= rest - 1) {
      const local_days day{month / static_cast<int>(lowest(rest))};
      const auto time = time_from(fields_, day == start ? from_time : Seconds{0});
      if (!time) continue;
      const LocalTime match = day + *time;
      return match < end ? std::optional{match} : std::nullopt;
    }
    from_day = 1;
  }
  return std::nullopt;
}

// The last match in the local time [begin, end).
std::optional<LocalTime> Cron::last_in(LocalTime begin, LocalTime end) const {
  if (end <= begin) return std::nullopt;
  const auto start = floor<days>(end - Seconds{1});
  const Seconds until_time = end - Seconds{1} - start;
  unsigned until_day = static_cast<unsigned>(date_of(start).day());
  year_month month{date_of(start).year(), date_of(start).month()};
  for (; local_days{(month + std::chrono::months{1}) / 1} > begin; month -= std::chrono::months{1}) {
    for (Bits rest = matching_days(fields_, month) & up_to(until_day); rest != 0;
         rest &= ~bit(highest(rest))) {
      const local_days day{month / static_cast<int>(highest(rest))};
      const auto time = time_until(fields_, day == start ? until_time : days{1} - Seconds{1});
      if (!time) continue;
      const LocalTime match = day + *time;
      return match >= begin ? std::optional{match} : std::nullopt;
    }
    until_day = 31;
  }
  return std::nullopt;
}

// Where in the span a clock shows something that this expression has not been asked about before.
LocalTime Cron::fresh_from(const Zone::Span& span) const {
  return wildcard_time() ? span.local_begin() : std::max(span.local_begin(), span.shown);
}

// The span begins after a gap that swallowed a fixed time.
bool Cron::makes_up_at(const Zone::Span& span) const {
  if (wildcard_time() || span.shown == LocalTime::min()) return false;
  return first_in(span.shown, span.local_begin()).has_value();
}

std::optional<Wall> Cron::next(Wall after, const Zone& zone) const {
  if (after >= zone_end) return std::nullopt;
  sys_seconds from_time = after < Wall{} ? sys_seconds{} : floor<Seconds>(after) + Seconds{1};
  while (from_time < zone_end) {
    const Zone::Span span = zone.span_at(from_time);
    if (from_time == span.begin && makes_up_at(span)) return from_time;
    const sys_seconds end = std::min(span.end, zone_end);
    const auto match = first_in(std::max(span.local(from_time), fresh_from(span)), span.local(end));
    if (match) return span.utc(*match);
    from_time = span.end;
  }
  return std::nullopt;
}

std::optional<Wall> Cron::latest(Wall at, Wall not_before, const Zone& zone) const {
  if (at >= zone_end || at < Wall{}) return std::nullopt;
  const sys_seconds oldest = std::chrono::ceil<Seconds>(std::max(not_before, Wall{}));
  sys_seconds until = floor<Seconds>(at);
  while (until >= oldest) {
    const Zone::Span span = zone.span_at(until);
    const LocalTime begin = oldest < span.begin ? span.local_begin() : span.local(oldest);
    const auto match = last_in(std::max(begin, fresh_from(span)), span.local(until) + Seconds{1});
    if (match) return span.utc(*match);
    if (span.begin < oldest) return std::nullopt;
    if (makes_up_at(span)) return span.begin;
    until = span.begin - Seconds{1};
  }
  return std::nullopt;
}

LocalTime Cron::nominal(Wall match, const Zone& zone) const {
  const auto at = floor<Seconds>(match);
  const Zone::Span span = zone.span_at(at);
  const LocalTime shown = span.local(at);
  if (at != span.begin || !makes_up_at(span)) return shown;
  return last_in(span.shown, shown + Seconds{1}).value_or(shown);
}

}  // namespace keeper
