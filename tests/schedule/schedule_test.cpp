#include "schedule/schedule.h"

#include <string>
#include <vector>

#include "schedule/schedule_kit.h"

namespace keeper {
namespace {

using kit::between;
using kit::cron;
using kit::lasting;
using kit::made;
using kit::starting;
using kit::utc;
using kit::zone;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::year;

Schedule::Spec always() {
  Schedule::Spec spec;
  spec.always = true;
  return spec;
}

DateRange dates(int month, int first, int last) {
  return {year{2026} / month / first, year{2026} / month / last};
}

// "begin .. end" in the schedule's zone, with the identity before it where that differs.
std::string spelled(const Schedule& schedule, const std::optional<Window>& window) {
  if (!window) return "none";
  const Zone& in = schedule.spec().zone;
  const std::string identity = window->time == window->begin ? "" : to_rfc3339(window->time, in) + ": ";
  return identity + to_rfc3339(window->begin, in) + " .. " +
         (window->end ? to_rfc3339(*window->end, in) : "open");
}

std::string at(const Schedule& schedule, std::string_view local) {
  const auto now = parse_time_in(local, schedule.spec().zone);
  REQUIRE(now.has_value());
  return spelled(schedule, schedule.window_at(*now));
}

std::string start_after(const Schedule& schedule, std::string_view local) {
  const auto next = schedule.next_start(*parse_time_in(local, schedule.spec().zone));
  return next ? to_rfc3339(next->start, schedule.spec().zone) : "none";
}

std::string stop_after(const Schedule& schedule, std::string_view local) {
  const auto next = schedule.next_stop(*parse_time_in(local, schedule.spec().zone));
  return next ? to_rfc3339(*next, schedule.spec().zone) : "none";
}

TEST_CASE("an always plan has one window, from the epoch on") {
  const Schedule schedule = made(always());
  CHECK(schedule == Schedule{});
  CHECK(schedule.kind() == Schedule::Kind::always);
  CHECK(schedule.window_at(utc("2026-11-21T00:00")) == Window{Wall{}, Wall{}, std::nullopt});
  CHECK(schedule.window_at(utc("2050-11-21T00:00")) == Window{Wall{}, Wall{}, std::nullopt});
  CHECK(!schedule.next_start(utc("2026-11-21T00:00")));
  CHECK(!schedule.next_stop(utc("2026-11-21T00:00")));
  CHECK(!schedule.latest_start(utc("2026-11-21T00:00"), hours{1}));
}

TEST_CASE("an always plan keeps to its bounds and its excluded dates") {
  auto spec = always();
  spec.zone = zone("Europe/Berlin");
  spec.not_before = utc("2026-06-01T00:00Z");
  spec.not_after = utc("2026-12-31T00:00Z");
  spec.exclude = {dates(12, 24, 26), dates(8, 1, 1), dates(8, 2, 2)};
  const Schedule schedule = made(spec);
  CHECK(at(schedule, "2026-05-31T23:59Z") == "none");
  CHECK(start_after(schedule, "2026-05-31T23:59Z") == "2026-06-01T02:00:00+02:00");
  CHECK(start_after(schedule, "2026-06-01T00:00Z") == "2026-08-03T00:00:00+02:00");
  CHECK(at(schedule, "2026-06-01T00:00Z") ==
        "1970-01-01T01:00:00+01:00: 2026-06-01T02:00:00+02:00 .. 2026-08-01T00:00:00+02:00");
  CHECK(at(schedule, "2026-08-01T00:00") == "none");
  CHECK(at(schedule, "2026-08-02T23:59:59") == "none");
  CHECK(at(schedule, "2026-08-03T00:00") == "2026-08-03T00:00:00+02:00 .. 2026-12-24T00:00:00+01:00");
  CHECK(stop_after(schedule, "2026-08-02T12:00") == "2026-12-24T00:00:00+01:00");
  CHECK(at(schedule, "2026-12-27T00:00") == "2026-12-27T00:00:00+01:00 .. 2026-12-31T01:00:00+01:00");
  CHECK(at(schedule, "2026-12-31T01:00") == "none");
  CHECK(start_after(schedule, "2026-12-27T00:00") == "none");
}

TEST_CASE("a window lasts from its start to its stop") {
  const Schedule desk = made(between("0 9 * * mon-fri", "0 18 * * mon-fri", "Europe/Berlin"));
  const std::string friday = "2026-11-20T09:00:00+01:00 .. 2026-11-20T18:00:00+01:00";
  CHECK(desk.kind() == Schedule::Kind::window);
  CHECK(at(desk, "2026-11-20T08:59:59.999") == "none");
  CHECK(at(desk, "2026-11-20T09:00") == friday);
  CHECK(at(desk, "2026-11-20T17:59:59.999") == friday);
  CHECK(at(desk, "2026-11-20T18:00") == "none");
  CHECK(at(desk, "2026-11-21T12:00") == "none");
  CHECK(start_after(desk, "2026-11-20T08:59") == "2026-11-20T09:00:00+01:00");
  CHECK(start_after(desk, "2026-11-20T09:00") == "2026-11-23T09:00:00+01:00");
  CHECK(stop_after(desk, "2026-11-20T12:00") == "2026-11-20T18:00:00+01:00");
  CHECK(stop_after(desk, "2026-11-20T18:00") == "2026-11-23T18:00:00+01:00");
  CHECK(!desk.latest_start(utc("2026-11-20T09:00"), hours{5}));
}

TEST_CASE("all starts before a stop belong to one window, and the earliest names it") {
  const Schedule schedule = made(between("0 9,12,15 * * *", "0 18 * * fri"));
  const std::string week = "2026-11-14T09:00:00+00:00 .. 2026-11-20T18:00:00+00:00";
  CHECK(at(schedule, "2026-11-13T18:00") == "none");
  CHECK(at(schedule, "2026-11-14T08:59") == "none");
  for (const auto* now : {"2026-11-14T09:00", "2026-11-14T12:00", "2026-11-18T10:00", "2026-11-20T17:59"}) {
    CHECK(at(schedule, now) == week);
  }
  CHECK(start_after(schedule, "2026-11-14T09:00") == "2026-11-21T09:00:00+00:00");
  CHECK(stop_after(schedule, "2026-11-10T09:00") == "2026-11-13T18:00:00+00:00");
}

TEST_CASE("a start at the instant of a stop begins a new window") {
  const Schedule schedule = made(between("0 6 * * *", "0 6 * * *"));
  CHECK(at(schedule, "2026-11-20T05:59") == "2026-11-19T06:00:00+00:00 .. 2026-11-20T06:00:00+00:00");
  CHECK(at(schedule, "2026-11-20T06:00") == "2026-11-20T06:00:00+00:00 .. 2026-11-21T06:00:00+00:00");
  CHECK(start_after(schedule, "2026-11-20T05:59") == "2026-11-20T06:00:00+00:00");
  CHECK(start_after(schedule, "2026-11-20T06:00") == "2026-11-21T06:00:00+00:00");
}

TEST_CASE("windows may last over midnight, weekends and years") {
  CHECK(at(made(between("0 22 * * fri", "0 6 * * sat")), "2026-11-21T03:00") ==
        "2026-11-20T22:00:00+00:00 .. 2026-11-21T06:00:00+00:00");
  CHECK(at(made(between("0 0 1 12 *", "0 0 1 3 *")), "2027-02-28T12:00") ==
        "2026-12-01T00:00:00+00:00 .. 2027-03-01T00:00:00+00:00");
  CHECK(at(made(between("0 0 29 2 *", "0 0 28 2 *")), "2027-12-31T00:00") == "none");
  CHECK(at(made(between("0 0 29 2 *", "0 0 28 2 *")), "2028-12-31T00:00") ==
        "2028-02-29T00:00:00+00:00 .. 2029-02-28T00:00:00+00:00");
  CHECK(at(made(lasting("0 0 1 1 *", days{200})), "2026-07-01T00:00") ==
        "2026-01-01T00:00:00+00:00 .. 2026-07-20T00:00:00+00:00");
}

TEST_CASE("a duration counts from the start, in real time") {
  const Schedule patrol = made(lasting("0 20 * * fri", hours{3}, "America/Chicago"));
  CHECK(at(patrol, "2026-11-20T19:59") == "none");
  CHECK(at(patrol, "2026-11-20T20:00") == "2026-11-20T20:00:00-06:00 .. 2026-11-20T23:00:00-06:00");
  CHECK(at(patrol, "2026-11-20T22:59:59") == "2026-11-20T20:00:00-06:00 .. 2026-11-20T23:00:00-06:00");
  CHECK(at(patrol, "2026-11-20T23:00") == "none");
  CHECK(start_after(patrol, "2026-11-20T20:00") == "2026-11-27T20:00:00-06:00");
  CHECK(stop_after(patrol, "2026-11-20T23:00") == "2026-11-27T23:00:00-06:00");
  const Schedule night = made(lasting("0 1 * * *", hours{3}, "Europe/Berlin"));
  CHECK(at(night, "2026-03-29T04:30") == "2026-03-29T01:00:00+01:00 .. 2026-03-29T05:00:00+02:00");
  CHECK(at(night, "2026-10-25T02:59") == "2026-10-25T01:00:00+02:00 .. 2026-10-25T03:00:00+01:00");
}

TEST_CASE("with a duration, a start while a window lasts ends it and opens the next") {
  const Schedule schedule = made(lasting("0 * * * *", minutes{90}));
  CHECK(at(schedule, "2026-11-20T10:59") == "2026-11-20T10:00:00+00:00 .. 2026-11-20T11:00:00+00:00");
  CHECK(start_after(schedule, "2026-11-20T10:00") == "2026-11-20T11:00:00+00:00");
  CHECK(stop_after(schedule, "2026-11-20T10:00") == "2026-11-20T11:00:00+00:00");
  const Schedule whole = made(lasting("0 0 * * *", days{1}, "Europe/Berlin"));
  CHECK(at(whole, "2026-03-29T12:00") == "2026-03-29T00:00:00+01:00 .. 2026-03-30T00:00:00+02:00");
  CHECK(at(whole, "2026-10-25T23:30") == "none");  // that day has 25 hours
}

TEST_CASE("windows keep to their bounds, and their identity does not follow these") {
  auto spec = between("0 9 * * *", "0 18 * * *");
  spec.not_before = utc("2026-11-20T12:00");
  spec.not_after = utc("2026-11-22T10:00");
  const Schedule schedule = made(spec);
  CHECK(at(schedule, "2026-11-20T11:59") == "none");
  CHECK(at(schedule, "2026-11-20T12:00") ==
        "2026-11-20T09:00:00+00:00: 2026-11-20T12:00:00+00:00 .. 2026-11-20T18:00:00+00:00");
  CHECK(schedule.next_start(utc("2026-11-01T00:00")) ==
        Occurrence{utc("2026-11-20T09:00"), utc("2026-11-20T12:00")});
  CHECK(stop_after(schedule, "2026-11-01T00:00") == "2026-11-20T18:00:00+00:00");
  CHECK(at(schedule, "2026-11-22T09:59") == "2026-11-22T09:00:00+00:00 .. 2026-11-22T10:00:00+00:00");
  CHECK(at(schedule, "2026-11-22T10:00") == "none");
  CHECK(start_after(schedule, "2026-11-22T09:00") == "none");
  CHECK(stop_after(schedule, "2026-11-22T10:00") == "none");
  spec.not_before = utc("2026-11-20T18:00");
  CHECK(start_after(made(spec), "2026-11-01T00:00") == "2026-11-21T09:00:00+00:00");
  spec.not_before = utc("2026-11-20T09:00");
  CHECK(start_after(made(spec), "2026-11-01T00:00") == "2026-11-20T09:00:00+00:00");
}

TEST_CASE("no window begins on an excluded date, and one from before lasts on") {
  auto spec = between("0 22 * * *", "0 6 * * *", "America/New_York");
  spec.exclude = {dates(11, 20, 20), dates(11, 22, 25)};
  const Schedule schedule = made(spec);
  CHECK(at(schedule, "2026-11-20T05:59") == "2026-11-19T22:00:00-05:00 .. 2026-11-20T06:00:00-05:00");
  CHECK(at(schedule, "2026-11-20T22:00") == "none");
  CHECK(at(schedule, "2026-11-21T03:00") == "none");
  CHECK(start_after(schedule, "2026-11-19T22:00") == "2026-11-21T22:00:00-05:00");
  CHECK(start_after(schedule, "2026-11-21T22:00") == "2026-11-26T22:00:00-05:00");
  CHECK(stop_after(schedule, "2026-11-22T06:00") == "2026-11-27T06:00:00-05:00");
  auto weekly = between("0 9 * * *", "0 18 * * fri");
  weekly.exclude = {dates(11, 14, 15)};
  CHECK(at(made(weekly), "2026-11-15T12:00") == "none");
  CHECK(at(made(weekly), "2026-11-17T12:00") == "2026-11-16T09:00:00+00:00 .. 2026-11-20T18:00:00+00:00");
}

TEST_CASE("a start alone is one occurrence each time") {
  const Schedule nightly = made(starting("30 2 * * *", "America/New_York"));
  const Wall run = utc("2026-11-20T07:30Z");
  CHECK(nightly.kind() == Schedule::Kind::occurrences);
  CHECK(!nightly.window_at(run));
  CHECK(!nightly.next_stop(run));
  CHECK(nightly.latest_start(run, minutes{10}) == Occurrence{run, run});
  CHECK(nightly.latest_start(run, Millis{0}) == Occurrence{run, run});
  CHECK(nightly.latest_start(run + minutes{10}, minutes{10}) == Occurrence{run, run});
  CHECK(!nightly.latest_start(run + minutes{10} + Millis{1}, minutes{10}));
  CHECK(!nightly.latest_start(run - Millis{1}, minutes{10}));
  CHECK(nightly.next_start(run) == Occurrence{run + days{1}, run + days{1}});
  CHECK(nightly.next_start(run - Millis{1}) == Occurrence{run, run});
}

TEST_CASE("of several missed starts the newest is given") {
  const Schedule schedule = made(starting("*/5 * * * *"));
  CHECK(schedule.latest_start(utc("2026-11-20T07:14"), hours{1})->time == utc("2026-11-20T07:10"));
}

TEST_CASE("every is aligned to the epoch and its phase, whatever the zone") {
  Schedule::Spec spec;
  spec.every = hours{6};
  spec.phase = minutes{90};
  spec.zone = zone("Europe/Berlin");
  const Schedule schedule = made(spec);
  CHECK(schedule.next_start(utc("2026-03-28T20:00"))->time == utc("2026-03-29T01:30"));
  CHECK(schedule.next_start(utc("2026-03-29T01:30"))->time == utc("2026-03-29T07:30"));
  CHECK(schedule.next_start(utc("2026-03-29T01:29:59.999"))->time == utc("2026-03-29T01:30"));
  CHECK(schedule.next_start(Wall{} - days{1})->time == Wall{} + minutes{90});
  CHECK(schedule.latest_start(utc("2026-03-29T01:30"), Millis{0})->time == utc("2026-03-29T01:30"));
  CHECK(schedule.latest_start(utc("2026-03-29T01:29"), hours{6})->time == utc("2026-03-28T19:30"));
  CHECK(!schedule.latest_start(Wall{} + minutes{89}, hours{6}));
  CHECK(schedule.next_start(utc("2045-03-29T01:30"))->time == utc("2045-03-29T07:30"));
  CHECK(!schedule.next_start(Wall::max()));
}

TEST_CASE("listed times are taken in order and once each") {
  Schedule::Spec spec;
  spec.at = {utc("2026-03-03T00:00"), utc("2026-01-01T00:00"), utc("2026-01-01T00:00")};
  const Schedule schedule = made(spec);
  CHECK(schedule.next_start(Wall{})->time == utc("2026-01-01T00:00"));
  CHECK(schedule.next_start(utc("2026-01-01T00:00"))->time == utc("2026-03-03T00:00"));
  CHECK(!schedule.next_start(utc("2026-03-03T00:00")));
  CHECK(schedule.latest_start(utc("2026-03-02T00:00"), days{365})->time == utc("2026-01-01T00:00"));
  CHECK(!schedule.latest_start(utc("2025-12-31T00:00"), days{365}));
  spec.duration = hours{2};
  CHECK(at(made(spec), "2026-03-03T01:59") == "2026-03-03T00:00:00+00:00 .. 2026-03-03T02:00:00+00:00");
}

TEST_CASE("occurrences keep to their bounds, both included, and to excluded dates") {
  auto spec = starting("0 * * * *");
  spec.not_before = utc("2026-11-20T10:00");
  spec.not_after = utc("2026-11-23T02:00");
  spec.exclude = {dates(11, 21, 22)};
  const Schedule schedule = made(spec);
  CHECK(start_after(schedule, "2026-11-01") == "2026-11-20T10:00:00+00:00");
  CHECK(start_after(schedule, "2026-11-20T23:00") == "2026-11-23T00:00:00+00:00");
  CHECK(start_after(schedule, "2026-11-23T01:00") == "2026-11-23T02:00:00+00:00");
  CHECK(start_after(schedule, "2026-11-23T02:00") == "none");
  CHECK(!schedule.latest_start(utc("2026-11-20T09:59"), days{30}));
  CHECK(schedule.latest_start(utc("2026-11-22T12:00"), days{30})->time == utc("2026-11-20T23:00"));
  CHECK(schedule.latest_start(utc("2026-11-23T03:30"), hours{2})->time == utc("2026-11-23T02:00"));
  CHECK(!schedule.latest_start(utc("2026-11-23T04:30"), hours{2}));
}

TEST_CASE("what contradicts itself is refused, and the message begins with the key") {
  const auto refused = [](const Schedule::Spec& spec) {
    const auto schedule = Schedule::make(spec);
    if (schedule.ok()) return std::string("accepted");
    CHECK(schedule.error().kind == ErrorKind::malformed);
    return schedule.error().what.substr(0, schedule.error().what.find(':'));
  };
  CHECK(refused({}) == "schedule");
  auto spec = always();
  spec.start = cron("@daily");
  CHECK(refused(spec) == "schedule");
  spec = always();
  spec.stop = cron("@daily");
  CHECK(refused(spec) == "stop");
  spec = always();
  spec.duration = hours{1};
  CHECK(refused(spec) == "duration");
  spec = between("@daily", "@hourly");
  spec.duration = hours{1};
  CHECK(refused(spec) == "stop");
  spec = starting("@daily");
  spec.phase = hours{1};
  CHECK(refused(spec) == "phase");
  spec = {};
  spec.every = hours{1};
  CHECK(refused(spec) == "accepted");
  spec.phase = hours{1};
  CHECK(refused(spec) == "phase");
  spec.every = Millis{0};
  CHECK(refused(spec) == "every");
  CHECK(refused(lasting("@daily", Millis{0})) == "duration");
  spec = starting("@daily");
  spec.jitter = -Seconds{1};
  CHECK(refused(spec) == "jitter");
  spec = starting("@daily");
  spec.exclude = {dates(12, 26, 24)};
  CHECK(refused(spec) == "exclude");
  spec.exclude = {{year{2099} / 12 / 31, year{2100} / 1 / 1}};
  CHECK(refused(spec) == "exclude");
  spec.exclude = {{year{2026} / 2 / 30, year{2026} / 3 / 1}};
  CHECK(refused(spec) == "exclude");
  spec = starting("@daily");
  spec.not_before = utc("2026-01-02T00:00");
  spec.not_after = utc("2026-01-01T00:00");
  CHECK(refused(spec) == "not_after");
}

TEST_CASE("schedules are equal when they say the same") {
  CHECK(made(between("0 9 * * *", "0 18 * * *")) == made(between("0 9 * * *", "0 18 * * *")));
  CHECK(!(made(between("0 9 * * *", "0 18 * * *")) == made(between("0 9 * * *", "0 19 * * *"))));
  CHECK(!(made(between("0 9 * * *", "0 18 * * *")) ==
          made(between("0 9 * * *", "0 18 * * *", "Europe/Berlin"))));
}

}  // namespace
}  // namespace keeper
