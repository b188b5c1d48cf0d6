#include <httplib.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;
namespace fs = std::filesystem;

namespace {

const std::string measured_plans = std::string(desk_plan) + R"(  watch:
    provider: browsers
    schedule: {always: true}
    session: {idle_timeout: 1m, max_duration: 30m}
    on_shutdown: stop
    keep_alive: {heartbeat: 2s}
budget: {max_session_time: 100h, period: 1d}
)";

std::string metrics(Stage& stage) {
  httplib::Client client("127.0.0.1", stage.status_port);
  const auto answer = client.Get("/metrics");
  return answer ? answer->body : std::string{};
}

// What promtool says and its exit code. `input` stands on its standard input.
int promtool(const Stage& stage, const std::string& arguments, std::string* output) {
  const fs::path program = fs::path(KEEPER_PROGRAMS) / "usr/bin/promtool";
  INFO("run tests/install-packages --unpack build/programs");
  REQUIRE(fs::exists(program));
  const fs::path log = stage.directory / "promtool.log";
  Child child({"/bin/sh", "-c", "exec " + program.string() + " " + arguments}, {{"PATH", "/usr/bin:/bin"}},
              log);
  const auto status = child.wait(seconds{60});
  *output = read_file(log);
  return status.value_or(-1);
}

std::set<std::string> names_in(const std::string& text) {
  static const std::regex name("session_keeper_[a-z_]+");
  std::set<std::string> all;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), name); at != std::sregex_iterator(); ++at)
    all.insert(at->str());
  return all;
}

}  // namespace

TEST_CASE("metrics pass Prometheus' own check, and all that the rules and the dashboard ask for is there") {
  Stage stage(measured_plans);
  stage.provider_lines = "    rate_limit: 600/1m\n    price: {per_hour: 60, currency: USD}\n";
  stage.write_plans(measured_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  std::string text;
  REQUIRE(eventually(seconds{30}, [&] {
    text = metrics(stage);
    return text.find("session_keeper_heartbeat_margin_seconds_count 0") == std::string::npos &&
           text.find("session_keeper_webhook_acknowledgement_seconds_count 0") == std::string::npos &&
           text.find("session_keeper_sessions{state=\"active\"} 2") != std::string::npos;
  }));
  std::string output;
  REQUIRE(stage.run_cli({"stop", "watch"}, &output) == 0);
  REQUIRE(eventually(seconds{20}, [&] {
    text = metrics(stage);
    return text.find("session_keeper_session_cost_total{") != std::string::npos;
  }));
  for (const char* line :
       {"session_keeper_provider_calls_total{call=\"start\",outcome=\"ok\",provider=\"browsers\"} 1\n",
        "session_keeper_transitions_total{reason=\"stopped_by_operator\",to=\"closed\"} 1\n",
        "session_keeper_deliveries_total{disposition=\"applied\",provider=\"agents\"} 2\n",
        "session_keeper_start_lateness_seconds_bucket{le=\"+Inf\"}"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(text.find("session_keeper_provider_rate_left_calls{provider=\"browsers\"} 5") != std::string::npos);

  const fs::path file = stage.directory / "metrics";
  std::ofstream(file) << text;
  INFO(text);
  CHECK(promtool(stage, "check metrics < " + file.string(), &output) == 0);
  CHECK(output.empty());

  const std::string config = std::string(KEEPER_SOURCE_DIR) + "/config/";
  const std::set<std::string> given = names_in(text);
  for (const char* user : {"prometheus/session-keeper.rules.yaml", "grafana/session-keeper.json"}) {
    const std::set<std::string> wanted = names_in(read_file(config + user));
    CHECK(wanted.size() > 8);
    for (const std::string& name : wanted) {
      INFO(user << " asks for " << name);
      CHECK(given.contains(name));
    }
  }
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("each alert fires when it should, and does not before") {
  Stage stage(measured_plans);
  const std::string source = KEEPER_SOURCE_DIR;
  for (const char* folder : {"/config/prometheus", "/tests/golden/prometheus"}) {
    for (const auto& file : fs::directory_iterator(source + folder))
      fs::copy_file(file.path(), stage.directory / file.path().filename());
  }
  std::string output;
  for (const char* rules : {"session-keeper.rules.yaml", "session-keeper-cluster.rules.yaml"})
    CHECK(promtool(stage, "check rules " + (stage.directory / rules).string(), &output) == 0);
  for (const char* tests : {"rules_test.yaml", "cluster_rules_test.yaml"}) {
    CHECK(promtool(stage, "test rules " + (stage.directory / tests).string(), &output) == 0);
    INFO(output);
    CHECK(output.find("SUCCESS") != std::string::npos);
  }
}
