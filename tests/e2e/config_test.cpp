#include <algorithm>
#include <fstream>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;

TEST_CASE("a configuration with ten mistakes gets ten messages with line and column, and exit code 78") {
  Stage stage(
      "  desk:\n    provider: agents\n    schedule: {always: true}\n    session: {deployment_id: d}\n");
  const std::filesystem::path file = stage.directory / "bad.yaml";
  std::ofstream(file) << R"(status:
  listen: 0.0.0.0:8470
providers:
  browsers:
    type: note
  other:
    type: notte
    api_key: literal-key
  agents:
    type: videosdk
    api_key: ${SANDBOX_KEY}
    secret: ${SANDBOX_SECRET}
    request_timeout: 30
plans:
  a:
    provder: agents
    schedule: {start: "61 * * * *"}
    session: {deployment_id: d}
  b:
    provider: nobody
    schedule: {always: true, time_zone: Europe/Berlino}
  c:
    provider: agents
    schedule: {start: "0 9 30 2 *"}
    session: {deployment_id: d}
    count: none
)";
  std::string output;
  CHECK(stage.run_cli({"check-config", file.string()}, &output) == 78);
  INFO(output);
  CHECK(std::count(output.begin(), output.end(), '\n') >= 10);
  for (const char* part : {":2:", ":5:", ":8:", ":13:", ":16:", ":17:", ":20:", ":21:", ":24:", ":26:"}) {
    INFO(part);
    CHECK(output.find("bad.yaml" + std::string(part)) != std::string::npos);
  }
  CHECK(output.find("did you mean") != std::string::npos);
  CHECK(output.find("literal-key") == std::string::npos);
  CHECK(stage.run_cli({"run", "--config", file.string()}, &output) == 78);
}

TEST_CASE("check-config --online asks each provider whether it accepts the credentials") {
  Stage stage(
      "  desk:\n    provider: agents\n    schedule: {always: true}\n    session: {deployment_id: d}\n");
  const std::string file = (stage.directory / "online.yaml").string();
  const std::string base = ", base_url: \"http://127.0.0.1:" + std::to_string(stage.api_port) + "\"}\n";
  const std::string good =
      "providers:\n  browsers: {type: notte, api_key: \"${SANDBOX_KEY}\"" + base +
      "  agents: {type: videosdk, api_key: \"${SANDBOX_KEY}\", secret: \"${SANDBOX_SECRET}\"" + base;
  const std::string plans = "plans: {}\n";
  std::string output;
  std::ofstream(file) << good + plans;
  CHECK(stage.run_cli({"check-config", "--online", file}, &output) == 0);
  INFO(output);
  CHECK(output.find("provider browsers: accepts the credentials") != std::string::npos);
  CHECK(output.find("provider agents: accepts the credentials") != std::string::npos);
  // The secret's own text is another provider's key here.
  std::ofstream(file) << good + "  other: {type: sonoran_cms, api_key: \"${SANDBOX_SECRET}\"" + base + plans;
  CHECK(stage.run_cli({"check-config", "--online", file}, &output) == 78);
  CHECK(output.find("error: provider other: GET") != std::string::npos);
  CHECK(output.find("check the provider's credentials") != std::string::npos);
  std::ofstream(file)
      << good + "  gone: {type: notte, api_key: \"${SANDBOX_KEY}\", base_url: \"http://127.0.0.1:9\"}\n" +
             plans;
  CHECK(stage.run_cli({"check-config", "--online", file}, &output) == 1);
  CHECK(stage.remotes().empty());
}
