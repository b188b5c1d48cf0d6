#include "config/key_table.h"
#include "config/types.h"

namespace keeper::config {
namespace {

using namespace types;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Millis longest_time{days{365}};

Type or_auto() { return choice({"auto"}); }

Key time_zone_key() {
  return {"time_zone", {of(Kind::time_zone)}, "UTC", "IANA name, such as Europe/Berlin."};
}

Key jitter_key() {
  return {.name = "jitter",
          .types = {duration(Millis{0}, days{1})},
          .doc = "Starts are spread over this time, each occurrence always by the same amount."};
}

// What a schedule may say beside its times; `defaults` may say it for all.
std::vector<Key> schedule_limits() {
  return {
      time_zone_key(),
      jitter_key(),
      {.name = "exclude",
       .types = {list_of(Kind::date_range)},
       .doc = "Days without occurrences: 2026-12-24, or 2026-12-24/2027-01-06 with both ends."},
      {.name = "not_before", .types = {of(Kind::moment)}, .doc = "No occurrence before it."},
      {.name = "not_after",
       .types = {of(Kind::moment)},
       .doc = "No occurrence after it; a date means all of that day."},
  };
}

const Section& schedule_defaults_section() {
  static const Section section{"schedule", schedule_limits()};
  return section;
}

std::vector<Key> common_keys() {
  return {
      {"overlap",
       {choice({"skip", "replace", "buffer_one", "allow"})},
       "skip",
       "What to do when an occurrence begins while the last one's session lives."},
      {"catch_up",
       {duration(Millis{0}, longest_time)},
       "10m",
       "How long after its time a missed start still runs; the latest one only."},
      {"count", {integer(1, 1000)}, "1", "Sessions alive at once."},
      {"start_timeout",
       {duration(Seconds{1}, hours{24})},
       "2m",
       "How long a start may take, until the session is active."},
      {"stop_timeout",
       {duration(Seconds{1}, hours{24})},
       "1m",
       "How long a stop may take; a longer one shows as an error, and is asked for again."},
      {.name = "max_duration",
       .types = {duration(Seconds{1}, days{3650})},
       .doc = "The keeper's own maximum; at its end: rollover or stop."},
      {"on_shutdown",
       {choice({"leave", "stop"})},
       "leave",
       "leave: the session is adopted when the keeper starts again."},
      {"keep_alive",
       {of(Kind::boolean), map_of(keep_alive_section())},
       "false",
       "true: kept alive with all defaults. false: it ends at its own timeouts."},
  };
}

}  // namespace

const Section& schedule_section() {
  static const Section section = [] {
    Section result{"schedule",
                   {
                       {.name = "always",
                        .types = {of(Kind::boolean)},
                        .doc = "A session should be alive all the time."},
                       {.name = "start",
                        .types = {of(Kind::cron)},
                        .doc = "Cron. With stop or duration: a window. Alone: one session per occurrence."},
                       {.name = "stop", .types = {of(Kind::cron)}, .doc = "Cron: the window's end."},
                       {.name = "duration",
                        .types = {duration(Seconds{1}, longest_time)},
                        .doc = "The window's length."},
                       {.name = "every",
                        .types = {duration(Seconds{1}, longest_time)},
                        .doc = "One session per interval, counted from the epoch."},
                       {.name = "phase",
                        .types = {duration(Millis{0}, longest_time)},
                        .doc = "Moves the beginnings of the intervals of `every` by this time."},
                       {.name = "at",
                        .types = {list_of(Kind::moment)},
                        .doc = "Single times at which a session starts."},
                   }};
    for (Key& key : schedule_limits()) result.keys.push_back(std::move(key));
    return result;
  }();
  return section;
}

const Section& keep_alive_section() {
  static const Section section{
      "keep_alive",
      {
          {"heartbeat",
           {choice({"auto", "off"}), duration(Seconds{1}, hours{24})},
           "auto",
           "auto: a third of the idle timeout."},
          {.name = "rollover",
           .types = {choice({"make_before_break", "break_before_make", "off"})},
           .doc = "How a session is replaced before its maximum. By provider when left out: Sonoran breaks "
                  "first."},
          {"rollover_before",
           {or_auto(), duration(Seconds{1}, days{30})},
           "auto",
           "auto: the larger of 10 % and the provider's slow start."},
          {.name = "restart",
           .types = {choice({"always", "on_failure", "never"})},
           .doc = "After which ends a new session starts. Left out: `always` for windows and `always` plans, "
                  "else `on_failure`."},
          {"initial_backoff", {duration(Millis{100}, hours{24})}, "1s", "How long the first restart waits."},
          {"max_backoff", {duration(Millis{100}, days{7})}, "5m", "How long a restart waits at the most."},
          {"backoff_reset_after",
           {duration(Seconds{1}, days{7})},
           "10m",
           "A session that lived this long ends the series of failures that backoff counts."},
      }};
  return section;
}

const Section& plan_section() {
  static const Section section = [] {
    Section result{
        "plan",
        {
            {.name = "provider",
             .types = {of(Kind::text)},
             .doc = "A name from providers.",
             .required = true},
            {.name = "schedule",
             .types = {map_of(schedule_section())},
             .doc = "When it should be alive.",
             .required = true},
            {.name = "session", .types = {of(Kind::anything)}, .doc = "What is asked of the provider."},
        }};
    for (Key& key : common_keys()) result.keys.push_back(std::move(key));
    result.keys.push_back(
        {.name = "budget", .types = {map_of(budget_section())}, .doc = "The budget of this plan."});
    return result;
  }();
  return section;
}

const Section& defaults_section() {
  static const Section section = [] {
    Section result{"defaults", {time_zone_key(), jitter_key()}};
    result.keys.push_back({.name = "schedule",
                           .types = {map_of(schedule_defaults_section())},
                           .doc = "What holds for the schedule of every plan."});
    for (Key& key : common_keys()) result.keys.push_back(std::move(key));
    return result;
  }();
  return section;
}

}  // namespace keeper::config
