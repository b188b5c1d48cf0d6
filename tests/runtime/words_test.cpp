// What the daemon says of itself: log lines and the service manager's status line.
#include "catch.h"
#include "runtime/log.h"
#include "runtime/repeat_limit.h"
#include "runtime/sd_notify.h"

namespace keeper {
namespace {

TEST_CASE("a log value is quoted where it must be and never breaks its line") {
  CHECK(logfmt("plan", "front-desk") == " plan=front-desk");
  CHECK(logfmt("error", "no room") == " error=\"no room\"");
  CHECK(logfmt("error", "") == " error=\"\"");
  CHECK(logfmt("error", "said \"no\"") == " error=\"said \\\"no\\\"\"");
  CHECK(logfmt("error", "a\nb").find('\n') == std::string::npos);
  CHECK(logfmt("error", "\x1b[31m").find('\x1b') == std::string::npos);
}

TEST_CASE("a line of JSON holds the time, the level, what happened and the fields") {
  const std::string line =
      json_line(Level::warning, "provider_failing", {{"provider", "agents"}, {"error", "said \"no\"\xff"}},
                *parse_time("2026-11-21T13:00:00Z"));
  CHECK(line ==
        "{\"time\":\"2026-11-21T13:00:00.000Z\",\"level\":\"warning\",\"event\":\"provider_failing\","
        "\"provider\":\"agents\",\"error\":\"said \\\"no\\\"\xef\xbf\xbd\"}");
}

TEST_CASE("what repeats is let through a few times in a stretch, and then said to have been held back") {
  RepeatLimit limit(2, Seconds{60});
  Mono now{Seconds{100}};
  CHECK(limit.ask("a", now).passes);
  CHECK(limit.ask("a", now).passes);
  CHECK_FALSE(limit.ask("a", now).passes);
  CHECK(limit.ask("b", now).passes);
  CHECK_FALSE(limit.ask("a", now + Seconds{59}).passes);
  const auto after = limit.ask("a", now + Seconds{60});
  CHECK(after.passes);
  CHECK(after.suppressed == 2);
  CHECK(limit.ask("a", now + Seconds{61}).suppressed == 0);
  for (std::size_t i = 0; i < 2 * RepeatLimit::remembered_max; ++i) {
    CHECK(limit.ask(std::to_string(i), now + Seconds{62} + Millis{static_cast<Millis::rep>(i)}).passes);
  }
}

TEST_CASE("only known log formats are taken") {
  CHECK_FALSE(set_log_format("xml"));
  CHECK(set_log_format("logfmt"));
}

TEST_CASE("only known log levels are taken") {
  CHECK_FALSE(set_log_level("loud"));
  CHECK(set_log_level("debug"));
  CHECK(set_log_level("info"));
}

TEST_CASE("the status line counts what is active and degraded and names the next start") {
  View view;
  view.at = *parse_time("2026-11-21T13:00:00Z");
  CHECK(status_line(view) == "0 active, 0 degraded");
  SessionView session;
  session.row.state = State::active;
  view.sessions.assign(12, session);
  PlanView plan;
  plan.standing.condition = PlanCondition::degraded;
  plan.standing.next_start = parse_time("2026-11-21T14:00:00Z");
  view.plans.push_back(plan);
  plan.standing.condition = PlanCondition::as_wanted;
  plan.standing.next_start = parse_time("2026-11-22T09:30:00Z");
  view.plans.push_back(plan);
  CHECK(status_line(view) == "12 active, 1 degraded, next start 14:00Z");
  view.plans.erase(view.plans.begin());
  CHECK(status_line(view) == "12 active, 0 degraded, next start 2026-11-22 09:30Z");
}

}  // namespace
}  // namespace keeper
