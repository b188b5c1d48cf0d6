#include "schedule/zone.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/zone_folder.h"
#include "schedule/zone_file.h"

namespace keeper {

struct ZoneRules {
  std::string name;
  std::vector<OffsetChange> changes;  // never empty
  std::string hash;                   // see Zone::rules()
  bool operator==(const ZoneRules&) const = default;
};

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// No two offsets of a zone differ by more: they lie within -12 h and +15 h.
constexpr hours offsets_apart_max{27};
// After any time that is asked about, and far from where sums overflow.
constexpr sys_seconds far_end{zone_end + days{366}};
constexpr sys_seconds rules_begin{sys_days{std::chrono::January / 1 / 2025}};
constexpr std::size_t name_max = 64;

thread_local ZoneSnapshot* current = nullptr;

// Names in the zone directory that are no IANA zones: this machine's own, and those that count leap seconds.
bool is_foreign(std::string_view name) {
  return name == "localtime" || name == "posixrules" || name == "Factory" || name.starts_with("right/") ||
         name.starts_with("posix/");
}

// A name of letters, digits and "_+-" between slashes: never a path out of the folder.
bool is_name(std::string_view name) {
  const bool plain =
      name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
      std::string_view::npos;
  return plain && !name.empty() && name.size() <= name_max && name.front() != '/' && name.back() != '/' &&
         name.find("//") == std::string_view::npos && !is_foreign(name);
}

std::vector<std::string> known_names(const std::string& folder) {
  std::vector<std::string> names = zone_files(folder);
  std::erase_if(names, [](const std::string& name) {
    return !is_name(name) || name.front() < 'A' || name.front() > 'Z';
  });
  return names;
}

// "berlin" and "europe/berlin" mean Europe/Berlin, and so does one with a slip of the finger.
std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  std::string by_city;
  for (const std::string& candidate : known) {
    if (equal_ignoring_case(candidate, name)) return candidate;
    if (equal_ignoring_case(std::string_view(candidate).substr(candidate.rfind('/') + 1), name))
      by_city = candidate;
  }
  if (!by_city.empty()) return by_city;
  return std::string(closest(name, std::vector<std::string_view>(known.begin(), known.end())));
}

// Of "UTC+2", "GMT-03:00", "CET+1" and "+02:00" the sign and what follows; else empty.
std::string_view offset_of(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_of("+-"), name.size()));
  const bool is_offset = name.size() > 1 && name[1] != ':' && (name.front() == '+' || name.front() == '-') &&
                         name.find_first_not_of("0123456789:", 1) == std::string_view::npos;
  return is_offset ? name : std::string_view{};
}

// The zones Etc/GMT+N count westwards, so that the nearest name would be the other direction.
Error no_offset(std::string_view name, std::string_view offset) {
  std::string what =
      "unknown time zone \"" + printable(name) +
      "\": an offset is no time zone, since clocks change; use an IANA name such as Europe/Berlin";
  const std::string_view hours = offset.substr(1, offset.find(':') - 1);
  const std::string_view minutes = offset.substr(1 + hours.size());
  const bool is_east = offset.front() == '+';
  int number = 0;
  std::from_chars(hours.data(), hours.data() + hours.size(), number);
  const std::string_view from = name.substr(0, name.size() - offset.size());
  const bool is_utc = from.empty() || equal_ignoring_case(from, "UTC") || equal_ignoring_case(from, "GMT");
  const bool exists =
      is_utc && number > 0 && number <= (is_east ? 14 : 12) && (minutes.empty() || minutes == ":00");
  if (exists)
    what += ", or Etc/GMT" + std::string(is_east ? "-" : "+") + std::to_string(number) +
            ", whose sign is the other way round";
  return {ErrorKind::malformed, std::move(what)};
}

Error unknown_zone(std::string_view name, const std::string& folder) {
  if (const std::string_view offset = offset_of(name); !offset.empty()) return no_offset(name, offset);
  const std::vector<std::string> known = known_names(folder);
  if (known.empty()) {
    return {ErrorKind::storage,
            "the time zone database cannot be read (is tzdata installed?): there is none in " +
                printable(folder)};
  }
  std::string what = "unknown time zone \"" + printable(name) + "\"";
  const std::string meant = equal_ignoring_case(name, "Z") ? "UTC" : suggestion(name, known);
  if (meant.empty()) {
    what += ": use an IANA name such as Europe/Berlin";
  } else {
    what += ": did you mean " + meant + "?";
  }
  return {ErrorKind::malformed, std::move(what)};
}

std::string hash_of(const std::vector<OffsetChange>& changes) {
  std::string text;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (i + 1 < changes.size() && changes[i + 1].begin <= rules_begin) continue;
    const sys_seconds begin = std::max(changes[i].begin, rules_begin);
    text += std::to_string(begin.time_since_epoch().count()) + " " +
            std::to_string(changes[i].offset.count()) + "\n";
  }
  return stable_hex128(text);
}

Result<std::shared_ptr<const ZoneRules>> read_zone(std::string_view name, const std::string& folder) {
  if (!is_name(name)) return unknown_zone(name, folder);
  const auto read = read_zone_bytes(folder, name);
  if (!read && read.error().kind == ErrorKind::gone) return unknown_zone(name, folder);
  if (!read) return read.error();
  const std::string& bytes = *read;
  // A list of zones, say, which is kept in the same folder.
  if (!bytes.starts_with("TZif")) return unknown_zone(name, folder);
  constexpr std::chrono::year last = std::chrono::year_month_day{floor<days>(zone_end)}.year();
  auto changes = read_zone_file(bytes, last);
  if (!changes) {
    return Error{ErrorKind::storage,
                 "the time zone file of " + std::string(name) +
                     " cannot be used (is tzdata installed as a whole?): " + changes.error().what};
  }
  std::string hash = hash_of(*changes);
  return std::make_shared<const ZoneRules>(
      ZoneRules{std::string(name), *std::move(changes), std::move(hash)});
}

bool names_offset(std::string_view text) {
  const std::size_t clock = text.find_first_of("Tt ");
  return clock != std::string_view::npos && text.find_first_of("Zz+-", clock) != std::string_view::npos;
}

std::string two_digits(long n) { return (n < 10 ? "0" : "") + std::to_string(n); }

}  // namespace

ZoneSnapshot::ZoneSnapshot() : ZoneSnapshot(system_zone_folder()) {}

ZoneSnapshot::ZoneSnapshot(std::string folder) : folder_(std::move(folder)) {
  KEEPER_CHECK(current == nullptr);
  current = this;
}

ZoneSnapshot::~ZoneSnapshot() { current = nullptr; }

Result<Zone> ZoneSnapshot::find(std::string_view name) {
  auto known = found_.find(name);
  if (known == found_.end()) {
    auto read = read_zone(name, folder_);
    known =
        found_.emplace(std::string(name), read ? Result<Zone>(Zone{*std::move(read)}) : read.error()).first;
  }
  return known->second;
}

Result<Zone> Zone::find(std::string_view iana_name) {
  if (iana_name == "UTC") return Zone{};
  if (current != nullptr) return current->find(iana_name);
  return ZoneSnapshot().find(iana_name);
}

bool Zone::operator==(const Zone& other) const {
  if (rules_ == other.rules_) return true;
  return rules_ != nullptr && other.rules_ != nullptr && *rules_ == *other.rules_;
}

const std::string& Zone::name() const {
  static const std::string utc = "UTC";
  return rules_ == nullptr ? utc : rules_->name;
}

const std::string& Zone::rules() const {
  static const std::string none;
  return rules_ == nullptr ? none : rules_->hash;
}

Zone::Span Zone::span_at(sys_seconds t) const {
  if (rules_ == nullptr) {
    return {sys_seconds::min(), sys_seconds::max(), Seconds{0}, LocalTime::min()};
  }
  const auto& changes = rules_->changes;
  const auto next = std::upper_bound(changes.begin(), changes.end(), t,
                                     [](sys_seconds at, const OffsetChange& one) { return at < one.begin; });
  const auto here = next == changes.begin() ? next : std::prev(next);
  Span span{here->begin, next == changes.end() ? far_end : next->begin, here->offset, LocalTime::min()};
  if (here == changes.begin()) return span;
  // No zone has changed twice within days, so no earlier span has shown a later time than this one.
  span.shown = LocalTime{(here->begin + std::prev(here)->offset).time_since_epoch()};
  return span;
}

Seconds Zone::offset_at(Wall t) const { return span_at(floor<Seconds>(t)).offset; }

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
