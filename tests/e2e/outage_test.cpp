// A provider that is out, with many sessions that live and many that are to begin.
#include <httplib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

std::string crowd(const std::string& name, int count) {
  return "  " + name +
         ":\n    provider: agents\n    schedule: {always: true}\n    count: " + std::to_string(count) +
         "\n    session: {deployment_id: demo, tag: v1.0}\n    on_shutdown: stop\n    keep_alive: true\n";
}

std::size_t calls_made(Stage& stage) { return get_json(stage.control_port, "/calls")->at("calls").size(); }

}  // namespace

TEST_CASE(
    "a provider's outage ends no session that lives, and those that were to begin begin once when it is "
    "over") {
  const bool is_long = std::getenv("KEEPER_LONG_TESTS") != nullptr;
  const int half = is_long ? 100 : 20;
  const auto outage = is_long ? seconds{600} : seconds{15};
  Stage stage(crowd("before", half));
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{60}, [&] { return stage.active() == half; }));
  const Json living = stage.remotes("/remotes/live");

  REQUIRE(post_json(stage.control_port, "/faults", {{"status", 503}}));
  const std::size_t calls_before = calls_made(stage);
  stage.write_plans(crowd("before", half) + crowd("during", half));
  std::string output;
  REQUIRE(stage.run_cli({"reload"}, &output) == 0);
  sleep_for(outage);
  const std::size_t calls = calls_made(stage) - calls_before;
  CHECK(stage.remotes().size() == static_cast<std::size_t>(half));
  CHECK(stage.active() == half);

  httplib::Client client("127.0.0.1", stage.control_port);
  REQUIRE(client.Delete("/faults"));
  const auto healed = std::chrono::steady_clock::now();
  REQUIRE(eventually(seconds{120}, [&] { return stage.active() == 2 * half; }));
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - healed).count();
  CHECK(stage.remotes().size() == static_cast<std::size_t>(2 * half));
  const Json now = stage.remotes("/remotes/live");
  for (const Json& remote : living) {
    CHECK(std::any_of(now.begin(), now.end(),
                      [&](const Json& one) { return one.at("id") == remote.at("id"); }));
  }
  std::map<std::string, int> starts;
  for (const Json& session : stage.sessions())
    ++starts[session.at("plan").get<std::string>() + session.at("replica").dump()];
  for (const auto& [slot, count] : starts) CHECK(count == 1);
  std::printf(
      "outage of %lld s with %d sessions: %zu calls meanwhile, all right after %.1f s, one start for each\n",
      static_cast<long long>(outage.count()), 2 * half, calls, took);
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").empty());
}
