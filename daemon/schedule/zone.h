// Zone: what the clock of one time zone of the system's database does, and local times that are read and
// written in it. It knows the years from 1970 to 2099; a later time (`zone_end`) may not be asked about, and
// the callers refuse such times. The database is the folder that TZDIR names, or /usr/share/zoneinfo. A zone
// keeps the rules that its file had when it was read. It is cheap to copy, any thread may use it, and it
// never reads a clock.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace keeper {

using LocalTime = std::chrono::local_seconds;

inline constexpr std::chrono::sys_seconds zone_end = std::chrono::sys_days{std::chrono::January / 1 / 2100};

struct ZoneRules;

class Zone {
 public:
  // A stretch [begin, end) in which local time is UTC plus one offset.
  struct Span {
    std::chrono::sys_seconds begin, end;
    Seconds offset;
    // The local time that the clock had reached when the span began. Where it is before `local_begin()`, the
    // times between the two are skipped. Where it is after, they are shown a second time.
    LocalTime shown;

    LocalTime local_begin() const { return local(begin); }
    LocalTime local(std::chrono::sys_seconds t) const { return LocalTime{(t + offset).time_since_epoch()}; }
    std::chrono::sys_seconds utc(LocalTime t) const {
      return std::chrono::sys_seconds{t.time_since_epoch() - offset};
    }
  };

  Zone() = default;  // UTC

  // Reads the zone's file, or takes it from the thread's ZoneSnapshot. Errors: malformed for an unknown name,
  // with the closest known one; storage where there is no database, or the file is damaged.
  static Result<Zone> find(std::string_view iana_name);

  const std::string& name() const;
  // A hash of what its clock does from 2025 on. It is equal for two names of one zone.
  const std::string& rules() const;
  Span span_at(std::chrono::sys_seconds t) const;
  Seconds offset_at(Wall t) const;
  LocalTime local(Wall t) const;

  // When `t` is first shown; a skipped time: right after the gap.
  std::chrono::sys_seconds first(LocalTime t) const;

  // By how much the clock changes in the course of the local day that `t` falls on; zero on nearly all.
  Seconds change_on_day(Wall t) const;

  // The same name, and the same rules.
  bool operator==(const Zone& other) const;

 private:
  friend class ZoneSnapshot;
  explicit Zone(std::shared_ptr<const ZoneRules> zone) : rules_(std::move(zone)) {}

  std::shared_ptr<const ZoneRules> rules_;  // null: UTC
};

// As long as it lives, each Zone::find() of its thread gets the same answer for the same name, so that all
// plans of one configuration have the same rules. One lives at a time in a thread.
class ZoneSnapshot {
 public:
  ZoneSnapshot();
  explicit ZoneSnapshot(std::string folder);  // in place of the system's database
  ~ZoneSnapshot();
  ZoneSnapshot(const ZoneSnapshot&) = delete;
  ZoneSnapshot& operator=(const ZoneSnapshot&) = delete;

 private:
  friend class Zone;
  Result<Zone> find(std::string_view name);

  std::string folder_;
  std::map<std::string, Result<Zone>, std::less<>> found_;
};

// "2026-11-21T10:00:00+01:00", with milliseconds where there are some.
std::string to_rfc3339(Wall t, const Zone& zone);

// As parse_time(), but a text without an offset is local time in `zone`, and "2026-11-21" is the begin of
// that day. Empty also for times before 1970 or after 2099.
std::optional<Wall> parse_time_in(std::string_view text, const Zone& zone);

// "2026-11-21"; empty on anything else.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

}  // namespace keeper
