#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "schedule/cron.h"
#include "schedule/schedule_kit.h"

namespace keeper {
namespace {

using kit::cron;
using kit::PlainCron;
using kit::runs;
using kit::utc;
using kit::zone;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using Times = std::vector<std::string>;

TEST_CASE("Berlin's skipped hour: fixed times run once right after it, elapsed time goes on") {
  const auto from = [](std::string_view text, std::string_view after, std::size_t count) {
    return runs(text, "Europe/Berlin", after, count);
  };
  CHECK(from("30 2 * * *", "2026-03-28T00:00", 3) ==
        Times{"2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"});
  CHECK(from("0,15,30,45 2 * * *", "2026-03-28T12:00", 2) ==
        Times{"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"});
  CHECK(from("30 2,3 * * *", "2026-03-28T12:00", 3) ==
        Times{"2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"});
  CHECK(from("0 2,3 * * *", "2026-03-28T12:00", 2) ==
        Times{"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"});
  CHECK(from("30 2 * * sun", "2026-03-28T12:00", 2) ==
        Times{"2026-03-29T03:00:00+02:00", "2026-04-05T02:30:00+02:00"});
  CHECK(from("*/10 59 2 * * *", "2026-03-28T12:00", 1) == Times{"2026-03-29T03:00:00+02:00"});
  CHECK(from("*/30 2 * * *", "2026-03-28T12:00", 1) == Times{"2026-03-30T02:00:00+02:00"});
  CHECK(from("30 * * * *", "2026-03-29T00:00", 3) ==
        Times{"2026-03-29T00:30:00+01:00", "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"});
  CHECK(from("0 */2 * * *", "2026-03-28T23:00", 3) ==
        Times{"2026-03-29T00:00:00+01:00", "2026-03-29T04:00:00+02:00", "2026-03-29T06:00:00+02:00"});
  CHECK(from("0 3 * * *", "2026-03-28T12:00", 1) == Times{"2026-03-29T03:00:00+02:00"});
}

TEST_CASE("Berlin's repeated hour: fixed times run at the first, elapsed time goes on") {
  const auto from = [](std::string_view text, std::string_view after, std::size_t count) {
    return runs(text, "Europe/Berlin", after, count);
  };
  CHECK(from("30 2 * * *", "2026-10-24T12:00", 2) ==
        Times{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"});
  CHECK(from("0,30 2,3 * * *", "2026-10-24T12:00", 5) ==
        Times{"2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T03:00:00+01:00",
              "2026-10-25T03:30:00+01:00", "2026-10-26T02:00:00+01:00"});
  CHECK(from("*/30 2 * * *", "2026-10-24T12:00", 5) ==
        Times{"2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00",
              "2026-10-25T02:30:00+01:00", "2026-10-26T02:00:00+01:00"});
  CHECK(from("@hourly", "2026-10-25T01:00", 3) ==
        Times{"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"});
}

TEST_CASE("New York, nightly at half past one and half past two") {
  CHECK(runs("30 2 * * *", "America/New_York", "2026-03-07T12:00", 2) ==
        Times{"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"});
  CHECK(runs("30 1 * * *", "America/New_York", "2026-10-31T12:00", 2) ==
        Times{"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"});
}

TEST_CASE("Lord Howe changes by half an hour") {
  CHECK(runs("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", 2) ==
        Times{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"});
  CHECK(runs("15,30,45 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", 2) ==
        Times{"2026-10-04T02:30:00+11:00", "2026-10-04T02:45:00+11:00"});
  CHECK(runs("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", 2) ==
        Times{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"});
  CHECK(runs("*/15 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", 6) ==
        Times{"2026-04-05T01:00:00+11:00", "2026-04-05T01:15:00+11:00", "2026-04-05T01:30:00+11:00",
              "2026-04-05T01:45:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T01:45:00+10:30"});
}

TEST_CASE("midnight may be missing or come twice") {
  CHECK(runs("@daily", "Africa/Cairo", "2026-04-23T12:00", 2) ==
        Times{"2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"});
  CHECK(runs("30 23 * * *", "Africa/Cairo", "2026-10-29T12:00", 2) ==
        Times{"2026-10-29T23:30:00+03:00", "2026-10-30T23:30:00+02:00"});
  CHECK(runs("@daily", "Africa/Cairo", "2026-10-29T12:00", 1) == Times{"2026-10-30T00:00:00+02:00"});
  CHECK(runs("0 0 * * *", "Asia/Beirut", "2026-03-28T12:00", 2) ==
        Times{"2026-03-29T01:00:00+03:00", "2026-03-30T00:00:00+03:00"});
  CHECK(runs("0 0 * * sun", "America/Sao_Paulo", "2018-11-03T12:00", 2) ==
        Times{"2018-11-04T01:00:00-02:00", "2018-11-11T00:00:00-02:00"});
}

TEST_CASE("Apia's skipped day runs once, right after it") {
  CHECK(runs("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", 4) ==
        Times{"2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00",
              "2012-01-01T12:00:00+14:00"});
  CHECK(runs("0 9,12,15 30 12 *", "Pacific/Apia", "2011-12-01", 1) == Times{"2011-12-31T00:00:00+14:00"});
  CHECK(runs("0 0 * * *", "Pacific/Apia", "2011-12-29T00:00", 2) ==
        Times{"2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"});
  CHECK(runs("0 */6 * * *", "Pacific/Apia", "2011-12-29T12:00", 2) ==
        Times{"2011-12-29T18:00:00-10:00", "2011-12-31T00:00:00+14:00"});
  CHECK(runs("*/5 * 30 12 *", "Pacific/Apia", "2011-12-01", 1)[0].substr(0, 4) == "2012");
}

TEST_CASE("a made-up match stands for the last time it makes up for") {
  const Zone berlin = zone("Europe/Berlin");
  const auto nominal = [&](std::string_view text, std::string_view match) {
    return to_rfc3339(Wall{cron(text).nominal(utc(match), berlin).time_since_epoch()});
  };
  CHECK(nominal("10,40 2 * * *", "2026-03-29T01:00Z") == "2026-03-29T02:40:00.000Z");
  CHECK(nominal("10,40 2,3 * * *", "2026-03-29T01:00Z") == "2026-03-29T02:40:00.000Z");
  CHECK(nominal("0,40 2,3 * * *", "2026-03-29T01:00Z") == "2026-03-29T03:00:00.000Z");
  CHECK(nominal("0 * * * *", "2026-03-29T01:00Z") == "2026-03-29T03:00:00.000Z");
  CHECK(nominal("40 2 * * *", "2026-03-30T00:40Z") == "2026-03-30T02:40:00.000Z");
}

struct Stretch {
  const char *zone, *around;
};

constexpr Stretch stretches[] = {
    {"Europe/Berlin", "2026-03-29T00:00"},       {"Europe/Berlin", "2026-10-25T00:00"},
    {"America/New_York", "2026-03-08T00:00"},    {"America/New_York", "2026-11-01T00:00"},
    {"Australia/Lord_Howe", "2026-04-04T12:00"}, {"Australia/Lord_Howe", "2026-10-03T12:00"},
    {"Africa/Cairo", "2026-04-23T22:00"},        {"Africa/Cairo", "2026-10-29T21:00"},
    {"Asia/Beirut", "2026-03-28T22:00"},         {"America/Sao_Paulo", "2018-11-04T03:00"},
    {"America/Sao_Paulo", "2018-02-18T02:00"},   {"Pacific/Apia", "2011-12-30T10:00"},
    {"Antarctica/Troll", "2026-03-29T01:00"},    {"Antarctica/Troll", "2026-10-25T01:00"},
    {"America/St_Johns", "2006-04-02T03:31"},    {"America/St_Johns", "2006-10-29T02:31"},
    {"Pacific/Kwajalein", "1993-08-21T12:00"},   {"America/Caracas", "2016-05-01T07:00"},
    {"Asia/Kathmandu", "1985-12-31T18:30"},      {"Antarctica/Vostok", "1994-01-31T17:00"},
    {"Antarctica/Vostok", "1994-11-01T00:00"},   {"UTC", "2028-02-29T00:00"},
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  std::string field(unsigned low, unsigned high) {
    const unsigned a = low + below(high - low + 1);
    const unsigned b = a + below(high - a + 1);
    const unsigned step = 1 + below((high - low) / 2);
    switch (below(6)) {
      case 0:
        return "*";
      case 1:
        return "*/" + std::to_string(step);
      case 2:
        return std::to_string(a) + "-" + std::to_string(b);
      case 3:
        return std::to_string(a) + "-" + std::to_string(b) + "/" + std::to_string(step);
      case 4:
        return std::to_string(a) + "," + std::to_string(b);
      default:
        return std::to_string(a);
    }
  }
  // Matches within a few days mostly, so that a short walk sees something.
  std::string expression() {
    const std::string hour = below(2) == 0 ? field(0, 3) : field(0, 23);
    const std::string day = below(4) == 0 ? field(1, 31) : "*";
    const std::string weekday = below(4) == 0 ? field(0, 7) : "*";
    return field(0, 59) + " " + hour + " " + day + " * " + weekday;
  }

 private:
  std::mt19937 engine_;
};

std::string spelled(const std::optional<Wall>& time, const Zone& in) {
  return time ? to_rfc3339(*time, in) : "nothing";
}

void compare_with_walk(const Stretch& stretch, const std::string& text) {
  INFO(stretch.zone << " " << stretch.around << " \"" << text << "\"");
  const Zone in = zone(stretch.zone);
  const auto parsed = Cron::parse(text);
  if (!std::holds_alternative<Cron>(parsed)) return;
  const Cron& tested = std::get<Cron>(parsed);
  const PlainCron plain(text);
  const Wall utc_around = utc(stretch.around);
  const Wall begin = utc_around - days{2};
  const Wall end = utc_around + days{3};
  std::vector<Wall> expected;
  kit::walk(in, begin, end, [&](const kit::ClockMinute& minute) {
    if (kit::fires(plain, minute) && (expected.empty() || expected.back() != minute.now)) {
      expected.push_back(minute.now);
    }
  });
  // The walk cannot know what the clock showed before it began.
  const Wall known = begin + days{1};
  std::optional<Wall> latest;
  std::size_t next = 0;
  // Every minute near the change, and some of the others.
  const auto pace = [&](Wall now) {
    return std::chrono::abs(now - utc_around) < hours{3} ? minutes{1} : minutes{17};
  };
  for (Wall now = begin; now < end; now += pace(now)) {
    for (; next < expected.size() && expected[next] <= now; ++next) latest = expected[next];
    if (now < known) continue;
    const auto found = tested.next(now, in);
    const bool is_next = next < expected.size() ? found == expected[next] : !found || *found >= end;
    if (!is_next) FAIL("after " << to_rfc3339(now, in) << " came " << spelled(found, in));
    const auto before = tested.latest(now + Seconds{59}, known, in);
    const bool is_latest = latest && *latest >= known ? before == latest : !before;
    if (!is_latest) FAIL("up to " << to_rfc3339(now, in) << " came " << spelled(before, in));
  }
  SUCCEED();
}

TEST_CASE("the matches are those of a clock walked minute by minute as cron(8) says") {
  for (const Stretch& stretch : stretches) {
    for (const auto* text : {"30 2 * * *", "0 0 * * *", "*/15 * * * *", "30 23,0,1 * * *", "0-59 0-4 * * *",
                             "5 */3 * * *", "0 0 31 * 6"}) {
      compare_with_walk(stretch, text);
    }
  }
}

TEST_CASE("random expressions match as a clock walked minute by minute") {
  Random random(20260329);
  for (int round = 0; round < 200; ++round) {
    compare_with_walk(stretches[static_cast<std::size_t>(round) % std::size(stretches)], random.expression());
  }
}

TEST_CASE("going on and going back meet, for random expressions over years") {
  Random random(7);
  const char* days_of_month[] = {"*", "L", "15W", "1W", "31", "29", "*/9"};
  const char* weekdays[] = {"*", "5L", "fri#2", "mon", "sun#5", "*/3"};
  for (int round = 0; round < 300; ++round) {
    const std::string text = random.field(0, 59) + " " + random.field(0, 23) + " " +
                             days_of_month[random.below(7)] + " " + random.field(1, 12) + " " +
                             weekdays[random.below(6)];
    const auto parsed = Cron::parse(text);
    if (!std::holds_alternative<Cron>(parsed)) continue;
    const Cron& tested = std::get<Cron>(parsed);
    const Zone in = zone(stretches[random.below(static_cast<unsigned>(std::size(stretches)))].zone);
    INFO(text << " in " << in.name());
    std::optional<Wall> last;
    auto time = tested.next(utc("2001-01-01T00:00") + minutes{random.below(9'000'000)}, in);
    for (int step = 0; step < 20 && time; ++step) {
      REQUIRE(tested.latest(*time, Wall{}, in) == time);
      REQUIRE(tested.latest(*time - Millis{1}, Wall{}, in) < time);
      if (last) REQUIRE(tested.latest(*time - Millis{1}, Wall{}, in) == last);
      REQUIRE(tested.next(*time - Millis{1}, in) == time);
      last = time;
      time = tested.next(*time, in);
    }
  }
}

TEST_CASE("rare expressions are found without a walk over the minutes") {
  const auto begin = std::chrono::steady_clock::now();
  const Zone berlin = zone("Europe/Berlin");
  for (const auto* text : {"0 0 29 2 *", "59 23 31 12 *", "0 0 29 2 */7", "0 0 1 1 *", "30 2 * 3 5L"}) {
    const Cron rare = cron(text);
    for (int i = 0; i < 1000; ++i) {
      const Wall now = utc("2026-06-01T00:00") + minutes{i};
      REQUIRE(rare.next(now, berlin).has_value());
      REQUIRE(rare.latest(now, Wall{}, berlin).has_value());
    }
  }
  // Minute by minute each of these would take a second and more; the bound is wide for sanitizers.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
}

}  // namespace
}  // namespace keeper
