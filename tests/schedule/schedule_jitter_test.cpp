#include <set>

#include "schedule/schedule.h"
#include "schedule/schedule_kit.h"

namespace keeper {
namespace {

using kit::between;
using kit::lasting;
using kit::made;
using kit::starting;
using kit::utc;
using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("jitter moves a start within its bound, always by the same, and not its identity") {
  auto spec = starting("0 * * * *");
  spec.jitter = minutes{5};
  const Schedule schedule = made(spec);
  spec.plan = PlanName("back-office");
  const Schedule other = made(spec);
  std::set<Millis> late;
  int same = 0;
  Wall time = utc("2026-11-20T00:00");
  for (int i = 0; i < 500; ++i, time += hours{1}) {
    const auto next = schedule.next_start(time - Millis{1});
    REQUIRE(next);
    REQUIRE(next->time == time);
    REQUIRE(next->start >= time);
    REQUIRE(next->start < time + minutes{5});
    REQUIRE(schedule.next_start(next->start - Millis{1}) == next);
    REQUIRE(schedule.next_start(next->start)->time == time + hours{1});
    REQUIRE(schedule.latest_start(next->start, Millis{0}) == next);
    REQUIRE(schedule.latest_start(next->start - Millis{1}, hours{2})->time == time - hours{1});
    late.insert(next->start - time);
    same += other.next_start(time - Millis{1}) == next ? 1 : 0;
  }
  CHECK(late.size() > 450);
  CHECK(*late.begin() < Seconds{5});
  CHECK(*late.rbegin() > minutes{5} - Seconds{5});
  CHECK(same < 5);
}

TEST_CASE("the jitter of a given plan and time never changes") {
  auto spec = starting("0 9 * * *");
  spec.jitter = minutes{5};
  CHECK(to_rfc3339(made(spec).next_start(utc("2026-11-20T08:00"))->start) == "2026-11-20T09:04:53.233Z");
}

TEST_CASE("jitter does not move a start past the bound") {
  auto spec = starting("0 9 * * *");
  spec.jitter = minutes{5};
  spec.not_after = utc("2026-11-20T09:00:01");
  const Schedule schedule = made(spec);
  CHECK(schedule.next_start(utc("2026-11-20T08:00"))->start == *spec.not_after);
  CHECK(schedule.latest_start(utc("2026-11-20T09:10"), minutes{10})->start == *spec.not_after);
  CHECK(!schedule.next_start(*spec.not_after));
}

TEST_CASE("jitter larger than the distance of starts keeps their order") {
  auto spec = starting("* * * * *");
  spec.jitter = hours{3};
  const Schedule schedule = made(spec);
  Wall after = utc("2026-11-20T00:00");
  Wall time = after;
  for (int i = 0; i < 200; ++i) {
    const auto next = schedule.next_start(after);
    REQUIRE(next);
    if (i > 0) REQUIRE(next->time == time + minutes{1});
    REQUIRE(next->start < next->time + minutes{1});
    time = next->time;
    after = next->start;
  }
}

TEST_CASE("a jittered window begins late and still has its end") {
  auto spec = between("0 9 * * *", "0 18 * * *");
  spec.jitter = hours{1};
  const Schedule fixed_end = made(spec);
  const auto window = fixed_end.window_at(utc("2026-11-20T12:00"));
  REQUIRE(window);
  CHECK(window->time == utc("2026-11-20T09:00"));
  CHECK(window->begin > window->time);
  CHECK(window->end == utc("2026-11-20T18:00"));
  CHECK(!fixed_end.window_at(window->begin - Millis{1}));
  CHECK(fixed_end.window_at(window->begin) == window);
  CHECK(fixed_end.next_start(window->time) == Occurrence{window->time, window->begin});

  auto tight = between("0 9 * * *", "1 9 * * *");
  tight.jitter = hours{1};
  CHECK(made(tight).window_at(utc("2026-11-20T09:00:59.999")));

  auto sliding = lasting("0 9 * * *", hours{2});
  sliding.jitter = hours{1};
  const auto slid = made(sliding).window_at(utc("2026-11-20T10:30"));
  REQUIRE(slid);
  CHECK(slid->end == slid->begin + hours{2});
  CHECK(made(sliding).window_at(*slid->end - Millis{1}) == slid);
  CHECK(!made(sliding).window_at(*slid->end));
}

}  // namespace
}  // namespace keeper
