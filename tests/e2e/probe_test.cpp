// `session-keeper probe` as a program: beside a daemon, killed, interrupted.
#include <csignal>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr const char* price = "    price: {per_hour: 0.10, minimum: 1m, currency: USD}\n";

std::string config_of(const Stage& stage) { return (stage.directory / "keeper.yaml").string(); }

std::vector<std::string> probing(const Stage& stage, const std::string& provider) {
  return {KEEPER_PROGRAM, "probe", provider, "--config", config_of(stage), "--max-cost", "1"};
}

const std::map<std::string, std::string> variables{{"SANDBOX_KEY", "sandbox-key"},
                                                   {"SANDBOX_SECRET", "sandbox-secret"}};

std::size_t live(Stage& stage) { return stage.remotes("/remotes/live").size(); }

std::size_t journals(const Stage& stage) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(stage.directory))
    if (entry.path().extension() == ".journal") ++count;
  return count;
}

}  // namespace

TEST_CASE(
    "a probe beside a daemon with the same configuration leaves its sessions alone, and is left alone") {
  Stage stage(desk_plan);
  stage.provider_lines = price;
  stage.write_plans(desk_plan);
  stage.start_daemon();
  REQUIRE(eventually(20s, [&] { return stage.ready() && stage.active() == 1; }));
  const Json before = stage.remotes("/remotes/live");
  std::string output;
  const int code = stage.run_cli({"probe", "agents", "--config", config_of(stage), "--max-cost", "1", "-o",
                                  "json", "--trace", (stage.directory / "agents.trace").string()},
                                 &output);
  INFO(output);
  CHECK(code == 0);
  const Json report = Json::parse(output.substr(output.find("{\n")));
  CHECK(report.at("left_running").empty());
  CHECK(report.at("broken_off").is_null());
  for (const Json& claim : report.at("claims")) CHECK(claim.at("verdict") != "does_not_hold");
  const Json after = stage.remotes("/remotes/live");
  REQUIRE(after.size() == 1);
  CHECK(after.at(0).at("id") == before.at(0).at("id"));
  CHECK(stage.active() == 1);
  CHECK(stage.sessions().size() == 1);
  const std::string trace = read_file(stage.directory / "agents.trace");
  CHECK(trace.find("sandbox-secret") == std::string::npos);
  CHECK(trace.find("eyJ") == std::string::npos);
}

TEST_CASE("whenever a probe is killed, `probe --clean` ends what it left, and nothing of the daemon's") {
  Stage stage(desk_plan);
  stage.provider_lines = price;
  stage.write_plans(desk_plan);
  stage.start_daemon();
  REQUIRE(eventually(20s, [&] { return stage.ready() && stage.active() == 1; }));
  // Each call takes a while, so that some are under way when it is killed.
  REQUIRE(post_json(stage.control_port, "/faults", {{"operation", "start"}, {"latency_ms", 300}}));
  std::size_t left = 0;
  for (const auto at : {20ms, 150ms, 250ms, 400ms, 700ms, 1200ms, 1800ms}) {
    Child child(probing(stage, "agents"), variables, stage.directory / "probe.log");
    sleep_for(at);
    child.send(SIGKILL);
    REQUIRE(child.wait(5s).has_value());  // it may have been done before
    sleep_for(400ms);
    left += live(stage) - 1;
    std::string output;
    INFO(at.count() << " ms");
    const int code = stage.run_cli({"probe", "--clean", "--config", config_of(stage)}, &output);
    INFO(output);
    CHECK(code == 0);
    CHECK(live(stage) == 1);
    CHECK(journals(stage) == 0);
  }
  CHECK(left > 0);
  CHECK(stage.active() == 1);
}

TEST_CASE("a signal ends what a probe has started before it ends") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Stage stage(watch_plan);
    stage.provider_lines = price;
    stage.write_plans(watch_plan);
    Child child(probing(stage, "browsers"), variables, stage.directory / "probe.log");
    REQUIRE(eventually(10s, [&] { return live(stage) > 0; }));
    child.send(signal);
    const auto code = child.wait(20s);
    INFO(signal << ": " << read_file(stage.directory / "probe.log"));
    CHECK(code == 1);
    CHECK(live(stage) == 0);
    CHECK(journals(stage) == 0);
  }
}

TEST_CASE("a probe is refused before any call where it may cost too much or has no price") {
  Stage stage(watch_plan);
  std::string output;
  CHECK(stage.run_cli({"probe", "browsers", "--config", config_of(stage), "--max-cost", "1"}, &output) == 2);
  CHECK(output.find("price: {per_hour") != std::string::npos);
  stage.provider_lines = price;
  stage.write_plans(watch_plan);
  CHECK(stage.run_cli({"probe", "browsers", "--config", config_of(stage), "--max-cost", "0.0001"}, &output) ==
        2);
  CHECK(stage.run_cli({"probe", "browsers", "--config", config_of(stage)}, &output) == 2);
  CHECK(stage.run_cli({"probe", "browsers", "--config", config_of(stage), "--max-cost", "nan"}, &output) ==
        2);
  CHECK(stage.run_cli({"probe", "agents", "--config", config_of(stage), "--max-cost", "1"}, &output) == 2);
  CHECK(output.find("no plan") != std::string::npos);
  CHECK(stage.remotes().empty());
  CHECK(journals(stage) == 0);
}

TEST_CASE("check-config says in a line what each plan hangs on that is not proven live") {
  Stage stage(watch_plan);
  std::string output;
  CHECK(stage.run_cli({"check-config", config_of(stage)}, &output) == 0);
  CHECK(output.find("plan watch hangs on what is not proven live (`session-keeper probe browsers` measures "
                    "it): a list") != std::string::npos);
}
