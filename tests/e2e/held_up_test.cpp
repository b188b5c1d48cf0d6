// What the daemon depends on stops moving: the reader of its log, a file of its configuration, the disk.
#include <fcntl.h>
#include <httplib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

std::size_t beats_of(Stage& stage) {
  const Json calls = get_json(stage.control_port, "/calls")->at("calls");
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [](const Json& call) {
    return call.at("path").get<std::string>().find("observe") != std::string::npos;
  }));
}

bool keeps_alive(Stage& stage) {
  const std::size_t before = beats_of(stage);
  return eventually(seconds{5}, [&] { return beats_of(stage) >= before + 2; });
}

// The status of the answer to a POST with the control token; 0: none came.
int post(Stage& stage, const std::string& path) {
  std::string token = read_file(stage.directory / "control.token");
  token.erase(token.find_last_not_of('\n') + 1);
  httplib::Client client("127.0.0.1", stage.status_port);
  client.set_read_timeout(60);
  const auto answer =
      client.Post(path.c_str(), httplib::Headers{{"Authorization", "Bearer " + token}}, "", "text/plain");
  return answer ? answer->status : 0;
}

std::string reload_error(Stage& stage) {
  const Json error = stage.status().value("/config/last_reload_error"_json_pointer, Json{});
  return error.is_string() ? error.get<std::string>() : std::string{};
}

bool has_plan(Stage& stage, const std::string& name) {
  return get_json(stage.status_port, "/api/v1/plans/" + name).has_value();
}

const std::string further_plan = R"(  further:
    provider: agents
    schedule: {always: true}
    session: {deployment_id: demo, tag: v1.0}
    on_shutdown: stop
)";

}  // namespace

TEST_CASE("a log that nobody reads holds up neither heartbeats, nor reloads, nor the end") {
  Stage stage(watch_plan);
  const auto log = stage.directory / "daemon.log";
  REQUIRE(mkfifo(log.c_str(), 0600) == 0);
  const int reader = open(log.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(reader >= 0);
  REQUIRE(fcntl(reader, F_SETPIPE_SZ, 4096) == 4096);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.active() == 1; }));
  for (int i = 0; i < 80; ++i) CHECK(post(stage, "/-/reload") == 200);
  CHECK(keeps_alive(stage));
  CHECK(stage.end_daemon(seconds{15}) == 0);
  CHECK(stage.remotes("/remotes/live").empty());
  close(reader);
}

TEST_CASE("a pipe in place of a file of the configuration refuses the reload, and nothing waits for it") {
  Stage stage(watch_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  const auto pipe = stage.directory / "tokens";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  stage.webhook_lines = "  tokens_file: " + pipe.string() + "\n";
  stage.write_plans(watch_plan);
  stage.daemon->send(SIGHUP);
  CHECK(eventually(seconds{5},
                   [&] { return reload_error(stage).find("must be a regular file") != std::string::npos; }));
  CHECK(keeps_alive(stage));
  CHECK(stage.end_daemon(seconds{15}) == 0);
}

TEST_CASE("a file that does not answer holds up its reload alone, and that not for ever") {
  Stage stage(watch_plan);
  const std::string hanging = (stage.directory / "tokens").string();
  stage.variables = {
      {"LD_PRELOAD", FAILING_DISK}, {"HANGING_OPEN", hanging}, {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.active() == 1; }));
  stage.webhook_lines = "  tokens_file: " + hanging + "\n";
  stage.write_plans(watch_plan + further_plan);
  stage.daemon->send(SIGHUP);
  CHECK(keeps_alive(stage));
  CHECK(eventually(seconds{15}, [&] {
    return reload_error(stage).find("it has not answered within 10s") != std::string::npos;
  }));
  CHECK_FALSE(has_plan(stage, "further"));
  stage.daemon->send(SIGHUP);
  sleep_for(seconds{1});
  CHECK(stage.end_daemon(seconds{25}) == 0);
}

TEST_CASE("a reload during which the disk stalls takes effect as a whole once the disk goes on") {
  const bool is_long = std::getenv("KEEPER_LONG_TESTS") != nullptr;
  Stage stage(watch_plan);
  const auto flag = stage.directory / "fsync-hangs";
  stage.variables = {{"LD_PRELOAD", FAILING_DISK},
                     {"HANGING_FSYNC", flag.string()},
                     {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.active() == 1; }));
  const std::string before = stage.status().at("config").at("sha256");
  stage.write_plans(watch_plan + further_plan);
  std::ofstream(flag).flush();
  stage.daemon->send(SIGHUP);
  // Longer than anybody waits, in the long form.
  sleep_for(seconds{is_long ? 60 : 6});
  INFO(read_file(stage.directory / "daemon.log"));
  CHECK(stage.status().at("config").at("sha256") == before);
  CHECK(reload_error(stage).empty());
  CHECK(stage.remotes().size() == 1);
  CHECK(keeps_alive(stage));
  std::filesystem::remove(flag);
  CHECK(eventually(seconds{20}, [&] { return stage.active() == 2; }));
  CHECK(stage.status().at("config").at("sha256") != before);
  const std::string log = read_file(stage.directory / "daemon.log");
  CHECK(log.find("reload_refused") == std::string::npos);
  CHECK(log.find("reloaded") != std::string::npos);
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("a file that grows to the process's limit is a full disk, and does not end the daemon") {
  Stage stage(watch_plan);
  const auto daemon = stage.directory / "limited";
  std::ofstream(daemon) << "#!/bin/sh\nulimit -f 1000\nexec " KEEPER_PROGRAM " \"$@\"\n";
  std::filesystem::permissions(daemon, std::filesystem::perms::owner_all);
  stage.program = daemon;
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.active() == 1; }));
  for (int i = 0; i < 60 && !stage.status().is_null(); ++i) {
    post(stage, "/api/v1/plans/watch/pause");
    post(stage, "/api/v1/plans/watch/resume");
    if (get_json(stage.status_port, "/-/ready") == std::nullopt) break;
  }
  CHECK(stage.daemon->running());
  CHECK(get_json(stage.status_port, "/-/ready") == std::nullopt);
  CHECK(keeps_alive(stage));
}

TEST_CASE("with standard error closed the log goes nowhere, and into no file of the daemon") {
  Stage stage(watch_plan);
  const auto daemon = stage.directory / "silent";
  std::ofstream(daemon) << "#!/bin/sh\nexec " KEEPER_PROGRAM " \"$@\" <&- >&- 2>&-\n";
  std::filesystem::permissions(daemon, std::filesystem::perms::owner_all);
  stage.program = daemon;
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.active() == 1; }));
  CHECK(stage.end_daemon() == 0);
  for (const auto& file : std::filesystem::directory_iterator(stage.directory)) {
    INFO(file.path());
    CHECK(read_file(file.path()).find("level=info") == std::string::npos);
  }
}
