// tests/golden/config: each YAML file has beside it what is said of it, line by line.
#include <cstdlib>
#include <set>

#include "config/loading.h"

using namespace keeper;
using namespace keeper::test;

namespace {

std::set<std::filesystem::path> golden_files() {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source("tests/golden/config"))) {
    if (entry.path().extension() == ".yaml") files.insert(entry.path());
  }
  return files;
}

}  // namespace

TEST_CASE("every golden file gets exactly the messages that stand beside it") {
  const auto files = golden_files();
  REQUIRE(files.size() > 20);
  for (const auto& file : files) {
    const LoadOutcome outcome = load_settings(file.string(), provider_kinds(), options());
    const std::string found = lines(outcome) + (outcome.settings ? "loaded\n" : "");
    std::filesystem::path beside = file;
    beside.replace_extension(".expected");
    if (std::getenv("KEEPER_UPDATE_GOLDEN") != nullptr) std::ofstream(beside) << found;
    INFO(file.filename().string());
    CHECK(found == read_text(beside));
  }
}

TEST_CASE("ten mistakes in one file are ten errors in one run, each with its place") {
  const LoadOutcome outcome =
      load_settings(source("tests/golden/config/ten_mistakes.yaml").string(), provider_kinds(), options());
  CHECK_FALSE(outcome.settings);
  int errors = 0;
  for (const Problem& problem : outcome.problems) {
    errors += problem.severity == Problem::Severity::error ? 1 : 0;
    CHECK(problem.line > 0);
    CHECK(problem.column > 0);
  }
  CHECK(errors == 10);
}

TEST_CASE("no message of any golden file shows a secret") {
  for (const auto& file : golden_files()) {
    INFO(file.filename().string());
    for (const bool strict : {false, true}) {
      LoadOptions with = options();
      with.strict = strict;
      CHECK(lines(load_settings(file.string(), provider_kinds(), with)).find(planted) == std::string::npos);
    }
  }
}

TEST_CASE("a problem is shown as file, line, column, severity and message") {
  const Problem problem{"a.yaml", 3, 7, Problem::Severity::warning, "something"};
  CHECK(to_line(problem) == "a.yaml:3:7: warning: something");
}

TEST_CASE("a file that is missing, a directory or too large is one problem") {
  const auto missing = load_settings("/nonexistent/keeper.yaml", provider_kinds(), options());
  CHECK_FALSE(missing.settings);
  CHECK(lines(missing) == "0:0: error: cannot read /nonexistent/keeper.yaml: No such file or directory\n");
  CHECK(lines(load_settings("/", provider_kinds(), options())) ==
        "0:0: error: cannot read /: Is a directory\n");
  const auto large = load_text(std::string(16 * 1024 * 1024 + 1, '#'));
  REQUIRE(large.problems.size() == 1);
  CHECK(large.problems[0].message.find("larger than 16384 KiB") != std::string::npos);
}

TEST_CASE("the examples that come with the program load, quickstart without a warning") {
  LoadOptions with;
  with.now = parse_time("2026-11-21T00:00:00Z");
  with.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "SESSION_KEEPER_QUICKSTART_DIR") return "/tmp/quickstart";
    if (name.starts_with("SANDBOX_")) return "PLANTED";
    return std::nullopt;
  };
  with.secrets_required = true;
  const auto quickstart = load_settings(source("config/quickstart.yaml").string(), provider_kinds(), with);
  CHECK(lines(quickstart).empty());
  REQUIRE(quickstart.settings);
  CHECK(quickstart.settings->store_path == "/tmp/quickstart/session-keeper.db");
  CHECK(quickstart.settings->config->plans.size() == 3);

  const auto example =
      load_settings(source("config/session-keeper.yaml").string(), provider_kinds(), options());
  REQUIRE(example.settings);
  CHECK(example.settings->config->plans.size() == 4);
  for (const Problem& problem : example.problems) {
    INFO(to_line(problem));
    CHECK(problem.message.find("is not set") != std::string::npos);
  }
}

TEST_CASE("what the example shows in comments loads too, but for what is left unbuilt") {
  std::istringstream all(read_text(source("config/session-keeper.yaml")));
  std::string yaml;
  bool in_keep_alive = false;
  for (std::string line; std::getline(all, line);) {
    const std::size_t hash = line.find_first_not_of(' ');
    const bool is_key = hash != std::string::npos && line.compare(hash, 2, "# ") == 0 &&
                        line.size() > hash + 2 &&
                        (std::islower(line[hash + 2]) != 0 || (in_keep_alive && line[hash + 2] == ' ')) &&
                        line.find(": ", hash) != std::string::npos && line.find("also:") == std::string::npos;
    if (is_key && hash > 0) line = std::string(hash, ' ') + line.substr(hash + 2);
    if (line.find("keep_alive: false  ") != std::string::npos) line = line.substr(0, line.find("false"));
    in_keep_alive = is_key && (in_keep_alive || line.find("keep_alive:") != std::string::npos);
    // Of those that exclude each other, one is left out.
    const bool excluded = line.find("token_file") != std::string::npos || line.starts_with("  path: /var");
    if (!excluded) yaml += line + "\n";
  }
  LoadOptions with = options();
  const auto outcome = load_text(yaml, with);
  INFO(yaml);
  for (const Problem& problem : outcome.problems) {
    INFO(to_line(problem));
    CHECK(problem.severity == Problem::Severity::warning);
  }
  REQUIRE(outcome.settings);
  CHECK(outcome.settings->status.allow_remote);
  REQUIRE(outcome.settings->database);
  CHECK(outcome.settings->database->pause_allowance == Seconds{60});
  CHECK(outcome.settings->config->plans.at(PlanName("patrol")).keep_alive.restart == Restart::always);
}
