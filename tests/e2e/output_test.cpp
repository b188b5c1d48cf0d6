// What the commands print reaches its reader, or they fail.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

// The names in the list of `help`.
std::vector<std::string> commands_of(const std::string& help) {
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  std::vector<std::string> names;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (line.size() < 3 || line[2] == ' ') continue;
    names.push_back(line.substr(2, line.find_first_of(" ,", 2) - 2));
  }
  return names;
}

}  // namespace

TEST_CASE("no command exits 0 whose standard output could not be written") {
  Stage stage(watch_plan);
  stage.start_daemon();
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{20}, [&] { return stage.active() == 1; }));
  const std::string config = stage.directory / "keeper.yaml";
  const std::string session = stage.sessions().front().at("id");
  const std::map<std::string, std::string> arguments{
      {"check-config", config},
      {"next", "--config " + config},
      {"simulate", "--config " + config + " --from 2026-01-01 --to 2026-01-02"},
      {"verify-store", stage.directory / "keeper.db"},
      {"history", "--follow"},
      {"missed", "watch"},
      {"backup", stage.directory / "copy.db"},
      {"move-store", "--undo --from " + (stage.directory / "other.db").string()},
      {"preview", "--config " + config},
      {"probe", "--clean --config " + config},
      {"session", session},
      {"explain", session},
      {"start", "watch"},
      {"stop", "watch"},
      {"pause", "watch"},
      {"resume", "watch"},
      {"status", "--watch"},
      {"completion", "bash"}};
  std::string made;
  REQUIRE(stage.run_cli({"backup", stage.directory / "other.db"}, &made) == 0);
  const auto wrapped = stage.directory / "into-full";
  std::ofstream(wrapped) << "#!/bin/sh\n" KEEPER_PROGRAM " \"$@\" >/dev/full\n";
  std::filesystem::permissions(wrapped, std::filesystem::perms::owner_all);
  std::string help;
  REQUIRE(stage.run_cli({"help"}, &help) == 0);
  const auto commands = commands_of(help);
  REQUIRE(commands.size() > 20);
  stage.cli_program = wrapped;
  for (const std::string& command : commands) {
    if (command == "run" || command == "switchover") continue;  // they print nothing: here is no other node
    const auto given = arguments.find(command);
    std::vector<std::string> line{command};
    if (given != arguments.end()) {
      std::istringstream words(given->second);
      for (std::string word; words >> word;) line.push_back(word);
    }
    std::string output;
    const int code = stage.run_cli(line, &output);
    INFO(command << ": " << output);
    CHECK(code == 1);
    CHECK(output.find("standard output cannot be written") != std::string::npos);
  }
}
