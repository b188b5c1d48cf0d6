#include "status/page/timeline.h"

#include "catch.h"
#include "status/page/html.h"

using namespace keeper;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const Wall day = *parse_time("2026-11-21T00:00:00Z");

Wall on_day(int hour, int minute = 0) { return day + hours{hour} + minutes{minute}; }

Plan always(int count = 1) {
  Plan plan;
  plan.name = PlanName("desk");
  plan.count = count;
  plan.keep_alive.restart = Restart::always;
  return plan;
}

SessionRow session(Wall created, std::optional<Wall> ended, int replica = 0, int minutes_queued = 1) {
  SessionRow row;
  row.id = SessionId("s" + to_rfc3339(created));
  row.replica = replica;
  row.created_at = created;
  row.active_at = created + minutes{minutes_queued};
  row.ended_at = ended;
  row.state = ended ? State::error : State::active;
  row.reason = ended ? Reason::provider_failed : Reason::start_confirmed;
  return row;
}

Timeline timeline(const Plan& plan, const std::vector<SessionRow>& rows,
                  const std::optional<Pause>& pause = {}) {
  std::vector<const SessionRow*> all;
  for (const SessionRow& row : rows) all.push_back(&row);
  return timeline_of(plan, pause, all, on_day(0), on_day(24));
}

using Stretches = std::vector<std::tuple<StretchKind, Wall, Wall, int>>;
Stretches seen(const Timeline& all, StretchKind kind) {
  Stretches found;
  for (const Stretch& one : all.stretches) {
    if (one.kind == kind) found.emplace_back(one.kind, one.begin, one.end, one.replica);
  }
  return found;
}

}  // namespace

TEST_CASE("foreign text on a page is escaped, and turns or hides nothing around it") {
  CHECK(escape_html("a<b & \"c\" 'd'\n\te") == "a&lt;b &amp; &quot;c&quot; &#39;d&#39;\n\te");
  CHECK(escape_html("x\u202e\u009b\u2028\x01é") == "x\\u202e\\u009b\\u2028\\u0001é");
  CHECK(escape_html("\xff\xe2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a timeline shows what was queued and active, and where a session was missing") {
  const Timeline found =
      timeline(always(), {session(on_day(2), on_day(10)), session(on_day(12), std::nullopt)});
  CHECK(seen(found, StretchKind::queued) == Stretches{{StretchKind::queued, on_day(2), on_day(2, 1), 0},
                                                      {StretchKind::queued, on_day(12), on_day(12, 1), 0}});
  CHECK(seen(found, StretchKind::active) == Stretches{{StretchKind::active, on_day(2, 1), on_day(10), 0},
                                                      {StretchKind::active, on_day(12, 1), on_day(24), 0}});
  // What lies before the first session is not judged.
  CHECK(seen(found, StretchKind::gap) == Stretches{{StretchKind::gap, on_day(10), on_day(12), 0}});
  CHECK(found.gaps == 1);
  CHECK(found.missing == hours{2});
  CHECK(found.alive == hours{8} + hours{12} - minutes{2});
}

TEST_CASE(
    "a session from before the timeline begins with it, and one that is missing now is a gap up to now") {
  const Timeline found = timeline(always(), {session(on_day(-30), on_day(23))});
  CHECK(seen(found, StretchKind::active) == Stretches{{StretchKind::active, on_day(0), on_day(23), 0}});
  CHECK(seen(found, StretchKind::gap) == Stretches{{StretchKind::gap, on_day(23), on_day(24), 0}});
}

TEST_CASE("a rollover's overlap is told, and counted once") {
  const Timeline found =
      timeline(always(), {session(on_day(1), on_day(12)), session(on_day(11), std::nullopt)});
  CHECK(seen(found, StretchKind::overlap) == Stretches{{StretchKind::overlap, on_day(11, 1), on_day(12), 0}});
  CHECK(found.gaps == 0);
  CHECK(found.alive == hours{23} - minutes{1});
}

TEST_CASE("each replica has its own gaps") {
  const Timeline found =
      timeline(always(2), {session(on_day(1), std::nullopt, 0), session(on_day(1), on_day(20), 1)});
  CHECK(seen(found, StretchKind::gap) == Stretches{{StretchKind::gap, on_day(20), on_day(24), 1}});
}

TEST_CASE("a plan of several is alive while all of them are, which is never longer than the day") {
  const auto two = [](std::optional<Wall> ended) {
    return timeline(always(2), {session(on_day(-1), std::nullopt, 0), session(on_day(-1), ended, 1)});
  };
  CHECK(two(std::nullopt).alive == hours{24});
  CHECK(two(on_day(20)).alive == hours{20});
  CHECK(two(on_day(20)).missing == hours{4});
  CHECK(timeline(always(2), {session(on_day(-1), std::nullopt, 0)}).alive == hours{0});
  CHECK(
      timeline(always(2), {session(on_day(-1), on_day(20), 0), session(on_day(-1), std::nullopt, 1)}).alive ==
      hours{20});
}

TEST_CASE("outside its windows a plan misses nothing") {
  Plan plan = always();
  Schedule::Spec spec;
  spec.start = std::get<Cron>(Cron::parse("0 9,14 * * *"));
  spec.duration = hours{3};
  plan.schedule = *Schedule::make(spec);
  const Timeline found =
      timeline(plan, {session(on_day(9), on_day(12)), session(on_day(14, 30), on_day(16))});
  CHECK(seen(found, StretchKind::gap) == Stretches{{StretchKind::gap, on_day(14), on_day(14, 30), 0},
                                                   {StretchKind::gap, on_day(16), on_day(17), 0}});
}

TEST_CASE("what an operator stopped, what is paused and what is not restarted is no gap") {
  SessionRow stopped = session(on_day(1), on_day(20));
  stopped.reason = Reason::stopped_by_operator;
  CHECK(timeline(always(), {stopped}).gaps == 0);
  CHECK(timeline(always(), {session(on_day(1), on_day(20))}, Pause{on_day(20), std::nullopt, ""}).gaps == 0);
  CHECK(timeline(always(), {session(on_day(1), on_day(20))}, Pause{on_day(22), std::nullopt, ""}).missing ==
        hours{2});
  Plan once = always();
  once.keep_alive.restart = Restart::never;
  CHECK(timeline(once, {session(on_day(1), on_day(20))}).gaps == 0);
  SessionRow done = session(on_day(1), on_day(20));
  done.state = State::closed;
  once.keep_alive.restart = Restart::on_failure;
  CHECK(timeline(once, {done}).gaps == 0);
  CHECK(timeline(once, {session(on_day(1), on_day(20))}).gaps == 1);
  CHECK(timeline(always(), {}).stretches.empty());
}
