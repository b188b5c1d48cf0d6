// What the daemon says of itself: log lines and the service manager's status line.
#include "catch.h"
#include "runtime/log.h"
#include "runtime/notify.h"

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
  plan.condition = PlanCondition::degraded;
  plan.next_start = parse_time("2026-11-21T14:00:00Z");
  view.plans.push_back(plan);
  plan.condition = PlanCondition::as_wanted;
  plan.next_start = parse_time("2026-11-22T09:30:00Z");
  view.plans.push_back(plan);
  CHECK(status_line(view) == "12 active, 1 degraded, next start 14:00Z");
  view.plans.erase(view.plans.begin());
  CHECK(status_line(view) == "12 active, 0 degraded, next start 2026-11-22 09:30Z");
}

}  // namespace
}  // namespace keeper
