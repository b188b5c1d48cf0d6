#include "schedule/cron.h"

#include <string>
#include <vector>

#include "schedule/schedule_kit.h"

namespace keeper {
namespace {

using kit::cron;
using kit::runs;
using kit::utc;
using kit::zone;
using Times = std::vector<std::string>;

CronProblem problem(std::string_view text) {
  auto parsed = Cron::parse(text);
  INFO(text);
  REQUIRE(std::holds_alternative<CronProblem>(parsed));
  return std::get<CronProblem>(parsed);
}

// The dates (UTC) of the first matches after the given day.
Times dates(std::string_view expression, std::string_view after, std::size_t count) {
  Times found;
  for (const std::string& time : runs(expression, "UTC", after, count)) found.push_back(time.substr(0, 10));
  return found;
}

TEST_CASE("plain expressions match at their times") {
  CHECK(runs("0 9 * * mon-fri", "Europe/Berlin", "2026-11-20T09:00", 2) ==
        Times{"2026-11-23T09:00:00+01:00", "2026-11-24T09:00:00+01:00"});
  CHECK(runs("*/20 * * * *", "UTC", "2026-01-01T00:00", 3) ==
        Times{"2026-01-01T00:20:00+00:00", "2026-01-01T00:40:00+00:00", "2026-01-01T01:00:00+00:00"});
  CHECK(runs("5-10/2,50 3 1 JAN,jul ?", "UTC", "2026-01-01T00:00", 5) ==
        Times{"2026-01-01T03:05:00+00:00", "2026-01-01T03:07:00+00:00", "2026-01-01T03:09:00+00:00",
              "2026-01-01T03:50:00+00:00", "2026-07-01T03:05:00+00:00"});
  CHECK(runs(" 0\t0  1 1 * ", "UTC", "2026-06-01", 1) == Times{"2027-01-01T00:00:00+00:00"});
}

TEST_CASE("six fields begin with seconds") {
  CHECK(runs("*/30 59 23 31 12 *", "UTC", "2026-01-01", 3) ==
        Times{"2026-12-31T23:59:00+00:00", "2026-12-31T23:59:30+00:00", "2027-12-31T23:59:00+00:00"});
  CHECK(runs("15 0 9 * * sat", "UTC", "2026-11-21T09:00:14", 2) ==
        Times{"2026-11-21T09:00:15+00:00", "2026-11-28T09:00:15+00:00"});
}

TEST_CASE("nicknames stand for their expressions, in any case") {
  const Times midnight{"2026-03-02T00:00:00+00:00"};
  CHECK(runs("@daily", "UTC", "2026-03-01", 1) == midnight);
  CHECK(runs("@midnight", "UTC", "2026-03-01", 1) == midnight);
  CHECK(runs("@Hourly", "UTC", "2026-03-01", 1) == Times{"2026-03-01T01:00:00+00:00"});
  CHECK(runs("@weekly", "UTC", "2026-03-02", 1) == Times{"2026-03-08T00:00:00+00:00"});
  CHECK(runs("@monthly", "UTC", "2026-03-02", 1) == Times{"2026-04-01T00:00:00+00:00"});
  CHECK(runs("@yearly", "UTC", "2026-03-02", 1) == Times{"2027-01-01T00:00:00+00:00"});
  CHECK(runs("@ANNUALLY", "UTC", "2026-03-02", 1) == Times{"2027-01-01T00:00:00+00:00"});
}

TEST_CASE("every name of a month and a weekday is known in any case") {
  const char* months[] = {"jan", "Feb", "MAR", "apr", "May", "jun", "JUL", "aug", "Sep", "oct", "nov", "dec"};
  for (int i = 0; i < 12; ++i) {
    CHECK(dates("0 0 1 " + std::string(months[i]) + " *", "2025-12-31", 1)[0].substr(5, 2) ==
          (i < 9 ? "0" : "") + std::to_string(i + 1));
  }
  const char* weekdays[] = {"sun", "Mon", "TUE", "wed", "thu", "fri", "sat", "7"};
  for (int i = 0; i < 8; ++i) {
    // 2026-03-01 is a Sunday.
    CHECK(dates("0 0 * * " + std::string(weekdays[i]), "2026-02-28T12:00", 1) ==
          Times{"2026-03-0" + std::to_string(i % 7 + 1)});
  }
}

TEST_CASE("Sunday is 0 and 7, also within ranges and steps") {
  CHECK(dates("0 0 * * 5-7", "2026-11-20T12:00", 3) == Times{"2026-11-21", "2026-11-22", "2026-11-27"});
  CHECK(dates("0 0 * * sat-sun", "2026-11-20T12:00", 3) == Times{"2026-11-21", "2026-11-22", "2026-11-28"});
  CHECK(dates("0 0 * * sun-mon", "2026-11-20T12:00", 3) == Times{"2026-11-22", "2026-11-23", "2026-11-29"});
  CHECK(dates("0 0 * * 1-7/3", "2026-11-22T12:00", 3) == Times{"2026-11-23", "2026-11-26", "2026-11-29"});
}

TEST_CASE("months end where they end, and leap days come when they come") {
  CHECK(dates("0 0 31 * *", "2026-01-31T12:00", 3) == Times{"2026-03-31", "2026-05-31", "2026-07-31"});
  CHECK(dates("0 0 30 1-3 *", "2026-01-01", 3) == Times{"2026-01-30", "2026-03-30", "2027-01-30"});
  CHECK(dates("0 0 29 2 *", "2026-01-01", 3) == Times{"2028-02-29", "2032-02-29", "2036-02-29"});
  CHECK(dates("0 0 29 2 *", "2090-01-01", 9) == Times{"2092-02-29", "2096-02-29"});
  CHECK(dates("0 0 L * *", "2027-12-31T12:00", 4) ==
        Times{"2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"});
  CHECK(dates("0 0 L 2 *", "2026-01-01", 3) == Times{"2026-02-28", "2027-02-28", "2028-02-29"});
  CHECK(dates("0 0 1,l 6 *", "2026-01-01", 3) == Times{"2026-06-01", "2026-06-30", "2027-06-01"});
}

TEST_CASE("W is the nearest workday within its month") {
  CHECK(dates("0 0 15W * *", "2026-07-31", 5) ==
        Times{"2026-08-14", "2026-09-15", "2026-10-15", "2026-11-16", "2026-12-15"});
  CHECK(dates("0 0 1W 8 *", "2026-01-01", 1) == Times{"2026-08-03"});                 // the 1st is a Saturday
  CHECK(dates("0 0 1W 2 *", "2026-01-01", 1) == Times{"2026-02-02"});                 // a Sunday
  CHECK(dates("0 0 31W 1 *", "2026-01-01", 1) == Times{"2026-01-30"});                // a Saturday
  CHECK(dates("0 0 31w * *", "2026-02-01", 2) == Times{"2026-03-31", "2026-05-29"});  // the second a Sunday
  CHECK(dates("0 0 LW * *", "2026-01-01", 2) == Times{"2026-01-30", "2026-02-27"});
}

TEST_CASE("weekdays can be counted within the month") {
  CHECK(dates("0 0 * * fri#2", "2026-10-31", 3) == Times{"2026-11-13", "2026-12-11", "2027-01-08"});
  CHECK(dates("0 0 * * 0#1,7#3", "2026-11-01T12:00", 2) == Times{"2026-11-15", "2026-12-06"});
  CHECK(dates("0 0 * * fri#5", "2026-02-01", 3) == Times{"2026-05-29", "2026-07-31", "2026-10-30"});
  CHECK(dates("0 0 * * 5L", "2026-01-01", 3) == Times{"2026-01-30", "2026-02-27", "2026-03-27"});
  CHECK(dates("0 0 * * FRIl,mon#1", "2026-02-01", 3) == Times{"2026-02-02", "2026-02-27", "2026-03-02"});
  CHECK(dates("0 0 * * 7L", "2026-02-01T12:00", 1) == Times{"2026-02-22"});
}

TEST_CASE("either day field suffices when both are restricted, and both are needed otherwise") {
  CHECK(dates("0 0 13 * fri", "2026-11-01", 4) ==
        Times{"2026-11-06", "2026-11-13", "2026-11-20", "2026-11-27"});
  CHECK(dates("0 0 14 * fri", "2026-11-10", 3) == Times{"2026-11-13", "2026-11-14", "2026-11-20"});
  CHECK(dates("0 0 */2 * fri", "2026-11-01", 3) == Times{"2026-11-13", "2026-11-27", "2026-12-11"});
  CHECK(dates("0 0 13 * */5", "2026-01-14", 3) == Times{"2026-02-13", "2026-03-13", "2026-09-13"});
  CHECK(cron("0 0 13 * fri").either_day());
  CHECK(cron("0 0 1,* * 1").either_day());
  CHECK(!cron("0 0 */2 * fri").either_day());
  CHECK(!cron("0 0 13 * ?").either_day());
  CHECK(!cron("0 0 * * *").either_day());
}

TEST_CASE("a minute or hour that begins with a star follows elapsed time") {
  for (const auto* text :
       {"* 2 * * *", "*/15 2 * * *", "0 * * * *", "30 */2 * * *", "? 2 * * *", "@hourly"}) {
    CHECK(cron(text).wildcard_time());
  }
  for (const auto* text :
       {"0-59 2 * * *", "30 2 * * *", "0 0-23 * * *", "0,* 2 * * *", "* 30 2 * * *", "@daily"}) {
    CHECK(!cron(text).wildcard_time());
  }
}

TEST_CASE("the text is kept as it was given") { CHECK(cron(" 0 9 * *  mon ").text() == " 0 9 * *  mon "); }

TEST_CASE("wrong expressions are refused with column, field and range") {
  struct Row {
    const char* text;
    std::size_t column;
    const char* message;
  };
  const std::string day_range = "; allowed is 1-31, L (the last day), 15W (the workday nearest to it)";
  const std::string weekday_range = "; allowed is 0-7 or sun-sat, 5L (the last Friday), fri#2 (the second)";
  const Row rows[] = {
      {"60 * * * *", 1, "minute: 60 is out of range; allowed is 0-59"},
      {"0 24 * * *", 3, "hour: 24 is out of range; allowed is 0-23"},
      {"0 1,2,25 * * *", 7, "hour: 25 is out of range; allowed is 0-23"},
      {"0 22-2 * * *", 3, "hour: the range \"22-2\" runs backwards; allowed is 0-23"},
      {"15/5 * * * *", 1,
       "minute: \"15/5\" steps from a single value; write a range before the step, as 15-59/5; allowed is "
       "0-59"},
      {"0 0 * 13 *", 7, "month: 13 is out of range; allowed is 1-12 or jan-dec"},
      {"0 0 * 0 *", 7, "month: 0 is out of range; allowed is 1-12 or jan-dec"},
      {"0 0 * foo *", 7, "month: \"foo\" is no value of it; allowed is 1-12 or jan-dec"},
      {"0 0 * january *", 7, "month: \"january\" is no value of it; allowed is 1-12 or jan-dec"},
      {"0 mon * * *", 3, "hour: \"mon\" is no value of it; allowed is 0-23"},
      {"-1 0 * * *", 1, "minute: a value is missing; allowed is 0-59"},
      {"1- 0 * * *", 3, "minute: a value is missing; allowed is 0-59"},
      {"1,,2 0 * * *", 3, "minute: an entry of the list is missing; allowed is 0-59"},
      {"1, 0 * * *", 3, "minute: an entry of the list is missing; allowed is 0-59"},
      {"*/0 0 * * *", 3, "minute: a step is a number from 1 on, not \"0\"; allowed is 0-59"},
      {"*/ 0 * * *", 3, "minute: a step is a number from 1 on, not \"\"; allowed is 0-59"},
      {"*/x 0 * * *", 3, "minute: a step is a number from 1 on, not \"x\"; allowed is 0-59"},
      {"*5 0 * * *", 1, "minute: \"*5\" is no value of it; allowed is 0-59"},
      {"1.5 0 * * *", 1, "minute: \"1.5\" is no value of it; allowed is 0-59"},
      {"99999999999999999999 0 * * *", 1, "minute: 99999999999999999999 is out of range; allowed is 0-59"},
      {"61 0 0 * * *", 1, "second: 61 is out of range; allowed is 0-59"},
      {"@reboot", 1,
       "unknown nickname \"@reboot\"; allowed is @hourly, @daily, @midnight, @weekly, @monthly, @yearly, "
       "@annually"},
      {" @daily 5", 9, "nothing may follow the nickname \"@daily\""},
      {"", 1, "the expression is empty: five fields, six with seconds, or a nickname as @daily"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const CronProblem found = problem(row.text);
    CHECK(found.column == row.column);
    CHECK(found.message == row.message);
  }
  CHECK(problem("0 0 0 * *").message == "day of month: 0 is out of range" + day_range);
  CHECK(problem("0 0 32W * *").column == 5);
  CHECK(problem("0 0 1-15W * *").column == 7);
  CHECK(problem("0 0 * * L").message == "day of week: a bare L names no weekday" + weekday_range);
  CHECK(problem("0 0 * * mon,L").column == 13);
  CHECK(problem("0 0 * * 8").message == "day of week: 8 is out of range" + weekday_range);
  CHECK(problem("0 0 * * fri#6").column == 13);
  CHECK(problem("0 0 * * fri#6").message == "day of week: \"6\" after # is not within 1-5" + weekday_range);
  CHECK(problem("0 0 * * fri-mon").message ==
        "day of week: the range \"fri-mon\" runs backwards" + weekday_range);
}

TEST_CASE("too few or too many fields are told apart") {
  const std::string expected =
      "expected five fields (minute, hour, day of month, month, day of week), or six with seconds before "
      "them, and "
      "found ";
  CHECK(problem("0 0 * *").message == expected + "4");
  CHECK(problem("0 0 * *").column == 8);
  CHECK(problem("0 0 0 1 1 * 2027").message == expected + "7");
  CHECK(problem("0 0 0 1 1 * 2027").column == 13);
}

TEST_CASE("what can never match is refused") {
  const CronProblem february = problem("30 2 30 2 *");
  CHECK(february.column == 6);
  CHECK(february.message ==
        "day of month: \"30\" never comes in the month given, so this never matches; allowed is 1-29");
  CHECK(problem("0 0 31 4,6,9,11 *").message.find("allowed is 1-30") != std::string::npos);
  CHECK(problem("0 0 30W feb ?").column == 5);
  CHECK(problem("0 0 */40 * mon#2").column == 12);  // the 1st is never a second Monday
  CHECK(problem("0 0 */40 * mon#2").message.find("day of week: \"mon#2\" never falls on") == 0);
  cron("0 0 30 2 mon");  // either day: Mondays
  cron("0 0 29 2 */7");  // a leap day on a Sunday
  cron("0 0 */40 2 fri#1");
  CHECK(dates("0 0 29 2 */7", "2026-01-01", 3) == Times{"2032-02-29", "2060-02-29", "2088-02-29"});
}

TEST_CASE("nothing is said about times after 2099") {
  const Zone berlin = zone("Europe/Berlin");
  CHECK(runs("0 12 * * *", "Europe/Berlin", "2099-12-30T12:00", 5) == Times{"2099-12-31T12:00:00+01:00"});
  CHECK(runs("0 0 1 1 *", "America/New_York", "2099-06-01", 1).empty());
  CHECK(runs("0 0 1 1 *", "Pacific/Auckland", "2099-06-01", 1) == Times{"2100-01-01T00:00:00+13:00"});
  CHECK(!cron("* * * * *").next(utc("2100-01-01T00:00"), berlin));
  CHECK(!cron("* * * * *").next(Wall::max(), berlin));
  CHECK(!cron("* * * * *").latest(utc("2100-01-01T00:00"), Wall{}, berlin));
  CHECK(!cron("* * * * *").latest(Wall::max(), Wall{}, berlin));
  CHECK(cron("* * * * *").latest(utc("2099-12-31T23:59:59.999"), Wall{}, berlin) == utc("2099-12-31T23:59"));
}

TEST_CASE("nothing is said about times before 1970") {
  CHECK(cron("* * * * *").next(Wall::min(), Zone{}) == Wall{});
  CHECK(cron("0 0 1 1 *").latest(utc("1970-06-01T00:00"), Wall::min(), Zone{}) == Wall{});
  CHECK(!cron("0 0 1 1 *").latest(Wall{} - Millis{1}, Wall::min(), Zone{}));
}

TEST_CASE("milliseconds do not make a match earlier than it is") {
  const Cron hourly = cron("0 * * * *");
  CHECK(hourly.next(utc("2026-01-01T00:59:59.999"), Zone{}) == utc("2026-01-01T01:00"));
  CHECK(hourly.next(utc("2026-01-01T01:00:00.000"), Zone{}) == utc("2026-01-01T02:00"));
  CHECK(hourly.next(utc("2026-01-01T01:00:00.001"), Zone{}) == utc("2026-01-01T02:00"));
  CHECK(hourly.latest(utc("2026-01-01T00:59:59.999"), Wall{}, Zone{}) == utc("2026-01-01T00:00"));
  CHECK(hourly.latest(utc("2026-01-01T01:00:00.001"), Wall{}, Zone{}) == utc("2026-01-01T01:00"));
  CHECK(hourly.latest(utc("2026-01-01T01:00"), utc("2026-01-01T01:00"), Zone{}) == utc("2026-01-01T01:00"));
  CHECK(!hourly.latest(utc("2026-01-01T01:30"), utc("2026-01-01T01:00:00.001"), Zone{}));
}

}  // namespace
}  // namespace keeper
