// What the daemon depends on stops moving: the reader of its log.
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
