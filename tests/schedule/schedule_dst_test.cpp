#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "schedule/schedule.h"
#include "schedule/schedule_kit.h"

namespace keeper {
namespace {

using kit::cron;
using kit::PlainCron;
using kit::utc;
using kit::zone;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

Schedule windows(std::string_view start, std::string_view stop, std::string_view in) {
  Schedule::Spec spec;
  spec.start = cron(start);
  spec.stop = cron(stop);
  spec.zone = zone(in);
  auto schedule = Schedule::make(std::move(spec));
  REQUIRE(schedule.ok());
  return *schedule;
}

std::string spelled(const std::optional<Window>& window, const Zone& in) {
  if (!window) return "none";
  return to_rfc3339(window->begin, in) + " .. " + (window->end ? to_rfc3339(*window->end, in) : "open");
}

std::string berlin(std::string_view start, std::string_view stop, std::string_view now) {
  const Zone in = zone("Europe/Berlin");
  return spelled(windows(start, stop, "Europe/Berlin").window_at(*parse_time_in(now, in)), in);
}

TEST_CASE("a window whose edge is skipped begins or ends right after the gap") {
  CHECK(berlin("30 2 * * *", "0 9 * * *", "2026-03-29T08:59") ==
        "2026-03-29T03:00:00+02:00 .. 2026-03-29T09:00:00+02:00");
  CHECK(berlin("0 1 * * *", "30 2 * * *", "2026-03-29T01:59") ==
        "2026-03-29T01:00:00+01:00 .. 2026-03-29T03:00:00+02:00");
  CHECK(berlin("0 1 * * *", "30 2 * * *", "2026-03-29T03:00") == "none");
  CHECK(berlin("30 2 * * *", "30 3 * * *", "2026-03-29T03:00") ==
        "2026-03-29T03:00:00+02:00 .. 2026-03-29T03:30:00+02:00");
}

TEST_CASE("a window that lies within a gap does not last until the next day's stop") {
  CHECK(berlin("15 2 * * *", "45 2 * * *", "2026-03-29T03:00") == "none");
  CHECK(berlin("15 2 * * *", "45 2 * * *", "2026-03-29T12:00") == "none");
  CHECK(berlin("15 2 * * *", "0 3 * * *", "2026-03-29T12:00") == "none");
  CHECK(berlin("15 2 * * *", "45 2 * * *", "2026-03-30T02:30") ==
        "2026-03-30T02:15:00+02:00 .. 2026-03-30T02:45:00+02:00");
  const Schedule schedule = windows("15 2 * * *", "45 2 * * *", "Europe/Berlin");
  CHECK(schedule.next_start(utc("2026-03-28T12:00"))->time == utc("2026-03-30T00:15Z"));
}

TEST_CASE("a stop and then a start within one gap end one window and begin the next") {
  CHECK(berlin("45 2 * * *", "15 2 * * *", "2026-03-29T01:59") ==
        "2026-03-28T02:45:00+01:00 .. 2026-03-29T03:00:00+02:00");
  CHECK(berlin("45 2 * * *", "15 2 * * *", "2026-03-29T03:00") ==
        "2026-03-29T03:00:00+02:00 .. 2026-03-30T02:15:00+02:00");
}

TEST_CASE("a window in the repeated hour happens once") {
  CHECK(berlin("15 2 * * *", "45 2 * * *", "2026-10-25T02:30+02:00") ==
        "2026-10-25T02:15:00+02:00 .. 2026-10-25T02:45:00+02:00");
  CHECK(berlin("15 2 * * *", "45 2 * * *", "2026-10-25T02:30+01:00") == "none");
  CHECK(berlin("30 2 * * *", "0 3 * * *", "2026-10-25T02:59+01:00") ==
        "2026-10-25T02:30:00+02:00 .. 2026-10-25T03:00:00+01:00");
}

struct WindowStretch {
  const char *zone, *around;
};

constexpr WindowStretch window_stretches[] = {
    {"Europe/Berlin", "2026-03-29T01:00"},       {"Europe/Berlin", "2026-10-25T01:00"},
    {"America/New_York", "2026-03-08T07:00"},    {"America/New_York", "2026-11-01T06:00"},
    {"Australia/Lord_Howe", "2026-04-04T15:00"}, {"Australia/Lord_Howe", "2026-10-03T15:30"},
    {"Africa/Cairo", "2026-04-23T22:00"},        {"Africa/Cairo", "2026-10-29T21:00"},
    {"America/Sao_Paulo", "2018-11-04T03:00"},   {"Pacific/Apia", "2011-12-30T10:00"},
    {"Antarctica/Troll", "2026-03-29T01:00"},    {"Antarctica/Troll", "2026-10-25T01:00"},
    {"America/St_Johns", "2006-10-29T02:31"},    {"UTC", "2026-12-31T23:00"},
};

// What the clock shows is gone through in order; a stop comes before a start of the same local minute.
std::vector<Window> walked_windows(const Zone& in, const std::string& start, const std::string& stop,
                                   Wall begin, Wall end) {
  const PlainCron starts(start);
  const PlainCron stops(stop);
  std::vector<Window> found;
  bool open = false;
  kit::walk(in, begin, end, [&](const kit::ClockMinute& minute) {
    if (open && kit::fires(stops, minute)) {
      open = false;
      found.back().end = minute.now;
      if (found.back().begin == minute.now) found.pop_back();
    }
    if (!open && kit::fires(starts, minute)) {
      open = true;
      found.push_back({minute.now, minute.now, std::nullopt});
    }
  });
  return found;
}

void compare_with_walk(const WindowStretch& stretch, const std::string& start, const std::string& stop) {
  INFO(stretch.zone << " " << stretch.around << " from \"" << start << "\" to \"" << stop << "\"");
  const Zone in = zone(stretch.zone);
  const Schedule schedule = windows(start, stop, stretch.zone);
  const Wall around = utc(stretch.around);
  const auto expected = walked_windows(in, start, stop, around - days{3}, around + days{3});
  // Only what surely began and ended within the walk can be compared.
  const Wall known = around - hours{30};
  const auto spell = [&in](const std::optional<Wall>& time) { return time ? to_rfc3339(*time, in) : "none"; };
  const auto is_near = [&](Wall now) { return std::chrono::abs(now - around) < hours{3}; };
  for (Wall now = known; now < around + hours{12}; now += is_near(now) ? minutes{1} : minutes{23}) {
    std::optional<Window> current;
    std::optional<Wall> next_start;
    std::optional<Wall> next_stop;
    for (const Window& window : expected) {
      if (window.begin <= now && (!window.end || now < *window.end)) current = window;
      if (!next_start && window.begin > now) next_start = window.begin;
      if (!next_stop && window.end && *window.end > now) next_stop = window.end;
    }
    const auto found = schedule.window_at(now + Millis{59'999});
    const bool is_same =
        found.has_value() == current.has_value() &&
        (!found || (found->begin == current->begin && (!current->end || found->end == current->end)));
    if (!is_same) {
      FAIL("at " << to_rfc3339(now, in) << ": " << spelled(found, in) << ", not " << spelled(current, in));
    }
    if (is_near(now) && (now - around) % minutes{5} != minutes{0}) continue;
    const auto start_found = schedule.next_start(now);
    const auto stop_found = schedule.next_stop(now);
    if (next_start && (!start_found || start_found->start != *next_start)) {
      FAIL("next start after " << to_rfc3339(now, in) << " is not " << spell(next_start));
    }
    if (next_stop && stop_found != next_stop) {
      FAIL("next stop after " << to_rfc3339(now, in) << ": " << spell(stop_found) << ", not "
                              << spell(next_stop));
    }
  }
  SUCCEED();
}

TEST_CASE("windows are those of a clock walked minute by minute, at every minute around a change") {
  const std::pair<const char*, const char*> pairs[] = {
      {"30 2 * * *", "0 3 * * *"},  {"15 2 * * *", "45 2 * * *"},    {"45 2 * * *", "15 2 * * *"},
      {"0 0 * * *", "30 0 * * *"},  {"0 22 * * *", "30 1 * * *"},    {"*/30 1-3 * * *", "10,40 * * * *"},
      {"0 * * * *", "20 * * * *"},  {"10,50 2 * * *", "30 2 * * *"}, {"0 12 * * *", "0 12 * * *"},
      {"30 23 * * *", "0 1 * * *"},
  };
  for (const WindowStretch& stretch : window_stretches) {
    for (const auto& [start, stop] : pairs) compare_with_walk(stretch, start, stop);
  }
}

TEST_CASE("random windows are those of a clock walked minute by minute") {
  std::mt19937 engine(20261025);
  const auto below = [&engine](unsigned n) { return static_cast<unsigned>(engine() % n); };
  const auto expression = [&] {
    const char* minute_forms[] = {"0", "30", "*/20", "15,45", "10-50/20"};
    std::string hour = std::to_string(below(2) == 0 ? below(4) : below(24));
    if (below(4) == 0) hour += "-23/" + std::to_string(1 + below(5));
    if (below(6) == 0) hour = "*/" + std::to_string(1 + below(6));
    return std::string(minute_forms[below(5)]) + " " + hour + " * * *";
  };
  for (unsigned round = 0; round < 98; ++round) {
    const std::string start = expression();
    compare_with_walk(window_stretches[round % std::size(window_stretches)], start, expression());
  }
}

TEST_CASE("ten thousand plans are asked in little time") {
  std::vector<Schedule> plans;
  const char* zones[] = {"Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"};
  for (int i = 0; i < 10'000; ++i) {
    const std::string hour = std::to_string(i % 12);
    plans.push_back(
        windows("30 " + hour + " * * mon-fri", "0 " + std::to_string(i % 12 + 5) + " * * *", zones[i % 4]));
  }
  const auto begin = std::chrono::steady_clock::now();
  int alive = 0;
  for (const Schedule& plan : plans) {
    alive += plan.window_at(utc("2026-11-20T09:00")) ? 1 : 0;
    REQUIRE(plan.next_start(utc("2026-11-20T09:00")).has_value());
  }
  CHECK(alive > 1000);
  // About 50 ms where it is optimised; the bound is wide for sanitizers.
  CHECK(std::chrono::steady_clock::now() - begin < Seconds{10});
}

}  // namespace
}  // namespace keeper
