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
