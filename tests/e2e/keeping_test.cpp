// Sessions are kept alive at a provider of which only a part works.
#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

// The sandbox's Notte, described as any other provider is, without a time of the last activity.
std::string described(int api_port) {
  return "  cloud:\n    type: http\n    base_url: http://127.0.0.1:" + std::to_string(api_port) + R"(
    api_key: ${SANDBOX_KEY}
    http:
      start: {method: POST, path: /sessions/start, body: "{parameters}"}
      status: {method: GET, path: "/sessions/{id}"}
      stop: {method: DELETE, path: "/sessions/{id}/stop"}
      heartbeat: {method: POST, path: "/sessions/{id}/page/observe", body: {perception_type: fast}}
      fields: {id: /session_id, status: /status}
      states: {active: active, closed: closed, error: error, timed_out: timed_out}
)";
}

}  // namespace

TEST_CASE("reads that never answer take no heartbeat its time") {
  constexpr std::size_t count = 16;
  Stage stage("");
  stage.more_providers = described(stage.api_port);
  stage.write_plans(R"(  many:
    provider: cloud
    count: 16
    schedule: {always: true}
    session:
      parameters: {idle_timeout_minutes: 1, max_duration_minutes: 60}
      idle_timeout: 1m
      max_duration: 1h
    on_shutdown: leave
    keep_alive: true
)");
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{60}, [&] { return stage.active() == static_cast<int>(count); }));
  REQUIRE(post_json(stage.control_port, "/faults", {{"operation", "read"}, {"latency_ms", 3'600'000}}));
  sleep_for(seconds{75});
  INFO(read_file(stage.directory / "daemon.log"));
  CHECK(stage.longest_without_heartbeat() < seconds{40});
  CHECK(stage.remotes("/remotes/live").size() == count);
  CHECK(stage.remotes().size() == count);
}
