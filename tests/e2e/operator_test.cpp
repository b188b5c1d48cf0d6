#include <algorithm>
#include <filesystem>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

const std::string operated_plans = std::string(desk_plan) + R"(  patrol:
    provider: community
    schedule: {always: true}
    session: {server_id: 1, account_id: 00000000-0000-0000-0000-000000000000}
    on_shutdown: stop
    keep_alive: true
)";

const char* const night_plan = R"(  night:
    provider: agents
    schedule: {start: "0 3 29 2 *"}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
)";

Json plan_of(Stage& stage, const std::string& name) {
  return get_json(stage.status_port, "/api/v1/plans/" + name).value_or(Json{});
}

// Copies the closed store; its log was emptied by a graceful end.
void keep_store(Stage& stage, const std::string& from, const std::string& to) {
  for (const char* tail : {"", "-wal", "-shm"}) {
    std::filesystem::remove(stage.directory / (to + tail));
    if (std::filesystem::exists(stage.directory / (from + tail))) {
      std::filesystem::copy_file(stage.directory / (from + tail), stage.directory / (to + tail));
    }
  }
}

}  // namespace

TEST_CASE("an operator stops, pauses, resumes and starts plans from the command line") {
  Stage stage(operated_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 2; }));
  std::string output;

  CHECK(stage.run_cli({"stop", "patrol"}, &output) == 0);
  CHECK(eventually(seconds{10}, [&] { return stage.remotes("/remotes/live").size() == 1; }));
  CHECK(plan_of(stage, "patrol").value("paused", false));
  CHECK(stage.run_cli({"start", "patrol"}, &output) == 0);
  CHECK(eventually(seconds{10}, [&] { return stage.active() == 2; }));
  CHECK_FALSE(plan_of(stage, "patrol").value("paused", true));

  const std::string patrol = stage.sessions().front().at("id");
  CHECK(stage.run_cli({"stop", patrol.substr(0, 12), "--cancel"}, &output) == 0);
  CHECK(eventually(seconds{10}, [&] { return stage.remotes("/remotes/live").size() == 1; }));
  const Json calls = get_json(stage.control_port, "/calls").value().at("calls");
  CHECK(std::any_of(calls.begin(), calls.end(), [](const Json& call) {
    return call.at("method") == "DELETE" && call.at("path") == "/v2/community/sessions";
  }));

  CHECK(stage.run_cli({"pause", "desk", "--reason", "maintenance"}, &output) == 0);
  CHECK(plan_of(stage, "desk").at("pause").at("reason") == "maintenance");
  stage.kill_daemon();
  stage.start_daemon();
  REQUIRE(stage.ready());
  CHECK(plan_of(stage, "desk").value("paused", false));
  CHECK(stage.run_cli({"resume", "desk"}, &output) == 0);
  CHECK(stage.run_cli({"reload"}, &output) == 0);
  CHECK(stage.run_cli({"stop", "--all"}, &output) == 0);
  CHECK(eventually(seconds{10}, [&] { return stage.remotes("/remotes/live").empty(); }));
  CHECK(stage.run_cli({"start", "nobody"}, &output) == 1);
  CHECK(stage.run_cli({"stop"}, &output) == 2);
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("an occurrence is started by hand outside its schedule, once") {
  Stage stage(night_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  CHECK(stage.remotes().empty());
  std::string output;
  CHECK(stage.run_cli({"start", "night"}, &output) == 0);
  CHECK(eventually(seconds{10}, [&] { return stage.active() == 1; }));
  CHECK(stage.run_cli({"start", "night"}, &output) == 1);
  sleep_for(seconds{1});
  CHECK(stage.remotes().size() == 1);
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("with a store restored from before, what it lacks is stopped by its tag, and strangers live on") {
  Stage stage(night_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(stage.end_daemon() == 0);
  keep_store(stage, "keeper.db", "before.db");

  stage.write_plans(operated_plans);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 2; }));
  stage.kill_daemon();
  keep_store(stage, "before.db", "keeper.db");
  stage.write_plans(std::string(night_plan) + R"(  patrol:
    provider: community
    schedule: {start: "0 3 29 2 *"}
    session: {server_id: 1, account_id: 00000000-0000-0000-0000-000000000000}
)");
  stage.start_daemon();
  REQUIRE(stage.ready());
  CHECK(eventually(seconds{20}, [&] { return stage.remotes("/remotes/live").size() == 1; }));
  CHECK(stage.remotes("/remotes/live").front().at("provider") == "sonoran_cms");
  CHECK(eventually(seconds{10}, [&] { return stage.sessions().size() == 1; }));
  CHECK(stage.sessions().front().at("reason") == "orphan");
  std::string output;
  CHECK(stage.run_cli({"orphans"}, &output) == 0);
  CHECK(output.find("stranger") != std::string::npos);
  CHECK(stage.end_daemon() == 0);
  CHECK(stage.remotes("/remotes/live").size() == 1);
}
