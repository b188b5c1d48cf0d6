#include "schedule/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <vector>

#include "base/text.h"

namespace keeper {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::sys_seconds;

// No two offsets of a zone differ by more: they lie within -12 h and +15 h.
constexpr hours offsets_apart_max{27};

// "berlin" and "europe/berlin" mean Europe/Berlin, and so does one with a slip of the finger.
std::string_view suggestion(std::string_view name) {
  std::vector<std::string_view> known;
  std::string_view by_city;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    const std::string_view candidate = zone.name();
    if (equal_ignoring_case(candidate, name)) return candidate;
    if (equal_ignoring_case(candidate.substr(candidate.rfind('/') + 1), name)) by_city = candidate;
    known.push_back(candidate);
  }
  return by_city.empty() ? closest(name, known) : by_city;
}

Error unknown_zone(std::string_view name) {
  std::string what = "unknown time zone \"" + printable(name) + "\"";
  const std::string_view meant = suggestion(name);
  if (meant.empty()) {
    what += ": use an IANA name such as Europe/Berlin";
  } else {
    what += ": did you mean " + std::string(meant) + "?";
  }
  return {ErrorKind::malformed, std::move(what)};
}

// Names in the zone directory that are no IANA zones: this machine's own, and those that count leap seconds.
bool is_foreign(std::string_view name) {
  return name == "localtime" || name == "posixrules" || name == "Factory" || name.starts_with("right/") ||
         name.starts_with("posix/");
}

bool names_offset(std::string_view text) {
  const std::size_t clock = text.find_first_of("Tt ");
  return clock != std::string_view::npos && text.find_first_of("Zz+-", clock) != std::string_view::npos;
}

std::string two_digits(long n) { return (n < 10 ? "0" : "") + std::to_string(n); }

}  // namespace

Result<Zone> Zone::find(std::string_view iana_name) {
  if (iana_name == "UTC") return Zone{};
  try {
    if (!is_foreign(iana_name)) {
      const auto& zones = date::get_tzdb().zones;
      const auto found = std::lower_bound(
          zones.begin(), zones.end(), iana_name,
          [](const date::time_zone& zone, std::string_view name) { return zone.name() < name; });
      if (found != zones.end() && found->name() == iana_name) {
        found->get_info(sys_seconds{});  // reads the zone's file, which later calls rely on
        return Zone{&*found};
      }
    }
    return unknown_zone(iana_name);
  } catch (const std::exception& e) {
    return Error{ErrorKind::storage,
                 "the time zone database cannot be read (is tzdata installed?): " + printable(e.what())};
  }
}

const std::string& Zone::name() const {
  static const std::string utc = "UTC";
  return zone_ == nullptr ? utc : zone_->name();
}

Zone::Span Zone::span_at(sys_seconds t) const {
  if (zone_ == nullptr) {
    return {sys_seconds::min(), sys_seconds::max(), Seconds{0}, LocalTime::min()};
  }
  const date::sys_info info = zone_->get_info(t);
  Span span{info.begin, info.end, info.offset, LocalTime::min()};
  if (info.begin < sys_seconds{} - days{366}) return span;
  // No zone has changed twice within days, so no earlier span has shown a later time than this one.
  const date::sys_info before = zone_->get_info(info.begin - Seconds{1});
  span.shown = LocalTime{(info.begin + before.offset).time_since_epoch()};
  return span;
}

Seconds Zone::offset_at(Wall t) const {
  return zone_ == nullptr ? Seconds{0} : zone_->get_info(floor<Seconds>(t)).offset;
}

LocalTime Zone::local(Wall t) const {
  return LocalTime{(floor<Seconds>(t) + offset_at(t)).time_since_epoch()};
}

sys_seconds Zone::first(LocalTime t) const {
  Span span = span_at(sys_seconds{t.time_since_epoch()} - offsets_apart_max);
  while (span.local(span.end - Seconds{1}) < t) span = span_at(span.end);
  return std::max(span.utc(t), span.begin);
}

Seconds Zone::change_on_day(Wall t) const {
  const LocalTime day = floor<days>(local(t));
  return offset_at(first(day + days{1}) - Seconds{1}) - offset_at(first(day) - Seconds{1});
}

std::string to_rfc3339(Wall t, const Zone& zone) {
  const Seconds offset = zone.offset_at(t);
  std::string text = to_rfc3339(t + offset);
  text.pop_back();
  if (text.ends_with(".000")) text.resize(text.size() - 4);
  const long minutes_off = std::abs(offset.count()) / 60;
  return text + (offset.count() < 0 ? '-' : '+') + two_digits(minutes_off / 60) + ":" +
         two_digits(minutes_off % 60);
}

std::optional<Wall> parse_time_in(std::string_view text, const Zone& zone) {
  auto read = parse_date(text) ? parse_time(std::string(text) + "T00:00") : parse_time(text);
  if (read && !names_offset(text)) {
    const auto second = floor<Seconds>(*read);
    read = zone.first(LocalTime{second.time_since_epoch()}) + (*read - second);
  }
  if (!read || *read < Wall{} || *read >= Wall{zone_end}) return std::nullopt;
  return read;
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto midnight = parse_time(std::string(text) + "T00:00Z");
  if (!midnight) return std::nullopt;
  return std::chrono::year_month_day{floor<days>(*midnight)};
}

}  // namespace keeper
