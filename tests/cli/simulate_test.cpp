#include "cli/simulate.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.h"

using namespace keeper;
using Json = nlohmann::json;

namespace {

constexpr const char* yaml = R"(
providers:
  agents: {type: videosdk, api_key: "${KEY}", secret: "${KEY}"}
  browsers: {type: notte, api_key: "${KEY}"}
defaults: {time_zone: Europe/Berlin}
plans:
  night:
    provider: agents
    schedule: {start: "0 1 * * *", stop: "0 5 * * *"}
    session: {deployment_id: d}
  always:
    provider: browsers
    schedule: {always: true}
    session: {idle_timeout: 5m, max_duration: 2h}
    keep_alive: true
  scrape:
    provider: browsers
    schedule: {start: "0 */6 * * *"}
    session: {idle_timeout: 10m, max_duration: 20m}
  crowded:
    provider: agents
    schedule: {every: 1h}
    session: {deployment_id: d}
    max_duration: 90m
)";

Json simulated_file(const std::string& path, const std::string& from, const std::string& to) {
  std::ostringstream out, err;
  const int code = simulate({path, from, to, true}, Terminal{out, err, 80, false, {}});
  INFO(err.str());
  REQUIRE(code == 0);
  return Json::parse(out.str());
}

Json simulated(const std::string& from, const std::string& to) {
  const std::string path = "/tmp/keeper-simulate-" + std::to_string(::getpid()) + ".yaml";
  std::ofstream(path) << yaml;
  Json told = simulated_file(path, from, to);
  ::unlink(path.c_str());
  return told;
}

std::vector<Json> of(const Json& told, const std::string& plan) {
  std::vector<Json> found;
  for (const Json& one : told.at("sessions")) {
    if (one.at("plan") == plan) found.push_back(one);
  }
  return found;
}

}  // namespace

TEST_CASE("simulate shows each session with its begin, end, length and reasons, on days that change too") {
  const Json told = simulated("2027-03-27T12:00:00Z", "2027-03-29T12:00:00Z");
  const auto nights = of(told, "night");
  REQUIRE(nights.size() == 2);
  CHECK(nights[0].at("start") == "2027-03-28T01:00:00+01:00");
  CHECK(nights[0].at("stop") == "2027-03-28T05:00:00+02:00");
  CHECK(nights[0].at("seconds") == 3 * 3600);
  CHECK(nights[1].at("seconds") == 4 * 3600);
  CHECK(nights[1].at("ended") == "stopped_by_plan");
  const auto always = of(told, "always");
  CHECK(always.size() > 24);
  CHECK(always[0].at("began") == "scheduled");
  CHECK(always[1].at("began") == "rollover");
  CHECK(always[0].at("ended") == "superseded");
  CHECK(always.back().at("stop").is_null());
  for (std::size_t i = 1; i < always.size(); ++i) CHECK(always[i].at("start") == always[i - 1].at("stop"));
  const auto scrapes = of(told, "scrape");
  CHECK(scrapes.size() == 8);
  for (const Json& one : scrapes) CHECK(one.at("ended") == "idle_timeout");
}

TEST_CASE("quickstart replaces its browser session after about three of its four minutes, as README says") {
  const Json told = simulated_file(std::string(KEEPER_SOURCE_DIR) + "/config/quickstart.yaml",
                                   "2027-01-01T00:00:00Z", "2027-01-01T00:30:00Z");
  const auto browsers = of(told, "price-watch");
  REQUIRE(browsers.size() > 7);
  for (std::size_t i = 0; i + 1 < browsers.size(); ++i) {
    CHECK(browsers[i].at("seconds") >= 2 * 60 + 50);
    CHECK(browsers[i].at("seconds") <= 3 * 60 + 10);
    CHECK(browsers[i].at("ended") == "superseded");
    CHECK(browsers[i + 1].at("began") == "rollover");
  }
}

TEST_CASE("simulate names the occurrences that are passed over") {
  const Json told = simulated("2027-01-01T00:30:00Z", "2027-01-01T06:30:00Z");
  CHECK(of(told, "crowded").size() == 3);
  int overlaps = 0;
  for (const Json& one : told.at("missed"))
    overlaps += one.at("plan") == "crowded" && one.at("why") == "overlap" ? 1 : 0;
  CHECK(overlaps == 3);
}

TEST_CASE("simulate says what is wrong with its times") {
  std::ostringstream out, err;
  const Terminal terminal{out, err, 80, false, {}};
  CHECK(simulate({"/nonexistent.yaml", "soon", "2027-01-01", false}, terminal) == exit_usage);
  CHECK(simulate({"/nonexistent.yaml", "2027-01-02", "2027-01-01", false}, terminal) == exit_usage);
  CHECK(simulate({"/nonexistent.yaml", "2027-01-01", "2027-01-02", false}, terminal) ==
        exit_bad_configuration);
}
