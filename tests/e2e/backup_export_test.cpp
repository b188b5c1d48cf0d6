#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE("a running daemon's store is backed up, and a daemon goes on from the copy") {
  Stage stage(desk_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 1; }));
  const std::string copy = (stage.directory / "copy.db").string();
  std::string output;
  REQUIRE(stage.run_cli({"backup", copy}, &output) == 0);
  CHECK(output.find("verified: 1 sessions, 2 transitions") != std::string::npos);
  CHECK(std::filesystem::status(copy).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK_FALSE(std::filesystem::exists(copy + ".part"));
  CHECK_FALSE(std::filesystem::exists((stage.directory / "keeper.db.backup")));

  // Nothing is written over, and nothing is given without the token.
  CHECK(stage.run_cli({"backup", copy}, &output) == 1);
  CHECK(output.find("is there already") != std::string::npos);
  std::ofstream(stage.directory / "wrong.token") << "0123456789abcdef\n";
  const std::string other = (stage.directory / "other.db").string();
  CHECK(stage.run_cli({"backup", other, "--token-file", (stage.directory / "wrong.token").string()},
                      &output) == 1);
  CHECK_FALSE(std::filesystem::exists(other));
  CHECK_FALSE(std::filesystem::exists(other + ".part"));
  CHECK(stage.run_cli({"backup", "/nonexistent/copy.db"}, &output) == 1);
  CHECK(output.find("/nonexistent/copy.db") != std::string::npos);

  stage.kill_daemon();
  stage.store = copy;
  stage.write_plans(desk_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{10}, [&] { return stage.active() == 1; }));
  CHECK(stage.remotes().size() == 1);
  CHECK(stage.end_daemon() == 0);
}

TEST_CASE("the history is exported as JSON lines and CSV, from a time on") {
  Stage stage(desk_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 1; }));
  std::string output;
  REQUIRE(stage.run_cli({"export"}, &output) == 0);
  const auto lines = lines_of(output);
  REQUIRE(lines.size() == 2);
  const Json answer = get_json(stage.status_port, "/api/v1/transitions?after_seq=0").value();
  for (std::size_t i = 0; i < lines.size(); ++i)
    CHECK(Json::parse(lines[i]) == answer.at("transitions").at(i));

  REQUIRE(stage.run_cli({"export", "--since", answer.at("transitions").at(1).at("recorded_at")}, &output) ==
          0);
  CHECK(lines_of(output) == std::vector<std::string>{lines[1]});
  REQUIRE(stage.run_cli({"export", "--since", "2099-01-01T00:00:00Z", "-o", "csv"}, &output) == 0);
  CHECK(output == "seq,session_id,plan,provider,remote_id,from,to,reason,cause,at,recorded_at,detail\r\n");
  REQUIRE(stage.run_cli({"export", "-o", "csv"}, &output) == 0);
  CHECK(lines_of(output).size() == 3);
  CHECK(output.find("\r\n1," + answer.at("transitions").at(0).at("session_id").get<std::string>() +
                    ",desk,agents,") != std::string::npos);
  CHECK(stage.run_cli({"export", "--since", "yesterday"}, &output) == 1);
  CHECK(output.find("2026-11-21T09:00:00Z") != std::string::npos);
  CHECK(stage.run_cli({"export", "-o", "xml"}, &output) == 2);
  CHECK(stage.end_daemon() == 0);
}
