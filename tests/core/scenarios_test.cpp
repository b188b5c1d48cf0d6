// The scenarios of tests/core/scenarios/: what they print must be what the files say. With
// KEEPER_REWRITE_SCENARIOS set, the files are rewritten instead.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "core/scenario.h"

namespace keeper::scenario {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(fs::path(KEEPER_SOURCE_DIR) / "tests/core/scenarios")) {
    if (entry.path().extension() == ".txt") all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first lines in which the two differ.
std::string difference(const std::string& wanted, const std::string& printed) {
  std::istringstream left(wanted);
  std::istringstream right(printed);
  std::string a;
  std::string b;
  for (int line = 1;; ++line) {
    const bool more_left = static_cast<bool>(std::getline(left, a));
    const bool more_right = static_cast<bool>(std::getline(right, b));
    if (!more_left && !more_right) return "none";
    if (more_left != more_right || a != b) {
      return "line " + std::to_string(line) + "\n  the file says:   " + (more_left ? a : "(ends)") +
             "\n  was printed:     " + (more_right ? b : "(ends)");
    }
  }
}

std::string print(const std::string& text) {
  File file = parse(text);
  try {
    carry_out(file);
  } catch (const std::runtime_error& error) {
    FAIL(error.what() << "\nWhat was printed until then:\n" << render(file));
  }
  return render(file);
}

TEST_CASE("each scenario reacts as its file says") {
  const std::vector<fs::path> all = files();
  REQUIRE_FALSE(all.empty());
  for (const fs::path& path : all) {
    DYNAMIC_SECTION(path.stem().string()) {
      const std::string wanted = text_of(path);
      const std::string printed = print(wanted);
      if (std::getenv("KEEPER_REWRITE_SCENARIOS") != nullptr) {
        std::ofstream(path) << printed;
        continue;
      }
      INFO("The first difference: " << difference(wanted, printed));
      INFO("The file:\n" << wanted);
      INFO("What was printed:\n" << printed);
      CHECK((wanted == printed));
    }
  }
}

TEST_CASE("a scenario that makes no sense is refused with its line") {
  const auto refusal = [](const std::string& text) {
    try {
      File file = parse(text);
      carry_out(file);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  const std::string head = "# It shows.\n\n";
  CHECK(refusal("boot\n----\n") == "line 1: the file does not say what it shows");
  CHECK(refusal(head + "boot\n") == "line 3: the command 'boot' has no line ----");
  CHECK(refusal(head + "dance\n----\n") == "line 3, 'dance': 'dance' is no command");
  CHECK(refusal(head + "boot\n----\n") == "line 3, 'boot': the first process needs a configuration");
  const std::string world =
      head + "boot\nplans:\n  watch: {provider: browsers, schedule: {start: \"30 2 * * *\"}}\n----\n\n";
  CHECK(refusal(world + "answer start r1\n----\n") ==
        "line 8, 'answer start r1': no call 'start' waits for an answer");
}

}  // namespace
}  // namespace keeper::scenario
