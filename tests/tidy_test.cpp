// The rules of the house that a compiler does not hold: ceilings of size, layers, words.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "catch.h"

namespace fs = std::filesystem;

namespace {

const fs::path root = KEEPER_SOURCE_DIR;

struct Source {
  std::string path;  // from the root
  std::vector<std::string> lines;
};

// The text of raw string literals is data, not code: its lines are taken out.
std::vector<std::string> code_of(const Source& source) {
  const std::regex opening("R\"([a-z]*)\\(");
  std::vector<std::string> code;
  std::string closing;
  for (const std::string& line : source.lines) {
    if (!closing.empty()) {
      if (line.find(closing) != std::string::npos) closing.clear();
      continue;
    }
    std::smatch match;
    if (std::regex_search(line, match, opening)) {
      const std::string end = ")" + match[1].str() + "\"";
      if (line.find(end, static_cast<std::size_t>(match.position(0))) == std::string::npos) closing = end;
    }
    code.push_back(line);
  }
  return code;
}

std::vector<Source> sources() {
  std::vector<Source> all;
  for (const char* top : {"daemon", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension();
      const std::string path = fs::relative(entry.path(), root);
      if ((extension != ".cpp" && extension != ".h") || path.find("node_modules") != std::string::npos)
        continue;
      Source source{path, {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      all.push_back(std::move(source));
    }
  }
  return all;
}

bool begins_with(const std::string& text, const std::string& part) {
  return text.compare(0, part.size(), part) == 0;
}

// Layer of each module; a file includes only lower ones and its own.
const std::map<std::string, int> layers{{"base", 0},     {"core", 1}, {"net", 1},     {"config", 2}, {"store", 2},
                                        {"provider", 3}, {"http", 4}, {"runtime", 4}, {"cli", 4}};

// Modules of one layer do not know each other; those of the highest may use all that is below and never each other,
// but for the daemon's wiring, which is the runtime's.
bool may_include(const std::string& from, const std::string& to) {
  if (from == to) return true;
  const int a = layers.at(from);
  const int b = layers.at(to);
  return b < a || (from == "runtime" && to == "http");
}

}  // namespace

TEST_CASE("no file is longer than 400 lines") {
  for (const Source& source : sources()) {
    INFO(source.path << " has " << source.lines.size() << " lines");
    CHECK(source.lines.size() <= 400);
  }
}

TEST_CASE("no function is longer than 60 lines") {
  // A body begins at a line without indentation that ends with '{' and ends at the next '}' in the first
  // column; tests, namespaces and types are not functions.
  const std::regex not_function(
      "^(namespace|struct|class|enum|union|extern|TEST_CASE|constexpr std::array|const )");
  for (const Source& source : sources()) {
    const std::vector<std::string> lines = code_of(source);
    std::size_t begin = 0;
    bool open = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      const bool flush = !line.empty() && line.front() != ' ' && line.front() != '}' && line.front() != '#';
      if (!open && flush && line.back() == '{' && !std::regex_search(line, not_function)) {
        begin = i;
        open = true;
      }
      if (!open || line.empty() || line.front() != '}') continue;
      INFO(source.path << ": " << lines[begin] << " has " << i - begin + 1 << " lines");
      CHECK(i - begin + 1 <= 60);
      open = false;
    }
  }
}

TEST_CASE("a file includes only lower layers and its own module") {
  const std::regex include("^#include \"([a-z_]+)/");
  for (const Source& source : sources()) {
    if (!begins_with(source.path, "daemon/")) continue;
    const fs::path path = source.path;
    const std::string module = *std::next(path.begin());
    if (layers.count(module) == 0) continue;
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      INFO(source.path << ": " << line);
      REQUIRE(layers.count(match[1]) == 1);
      CHECK(may_include(module, match[1]));
    }
  }
}

TEST_CASE("the core is pure: no threads, chance, clocks, files, logs, JSON, HTTP or SQL") {
  const std::regex forbidden(
      "#include "
      "<(thread|mutex|condition_variable|atomic|random|iostream|fstream|filesystem|future|httplib|sqlite3|"
      "spdlog|nlohmann|SQLiteCpp|boost|yaml-cpp)");
  const std::regex clock("(system_clock|steady_clock)::now|BootClock::now|wall_now\\(");
  for (const Source& source : sources()) {
    if (!begins_with(source.path, "daemon/core/")) continue;
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK_FALSE(std::regex_search(line, forbidden));
      CHECK_FALSE(std::regex_search(line, clock));
    }
  }
}

TEST_CASE("one library has one home") {
  const std::map<std::string, std::string> homes{{"yaml-cpp/", "daemon/config/"},
                                                 {"sqlite3.h", "daemon/store/"},
                                                 {"SQLiteCpp/", "daemon/store/"},
                                                 {"boost/", "daemon/http/"}};
  for (const Source& source : sources()) {
    if (!begins_with(source.path, "daemon/")) continue;
    for (const std::string& line : source.lines) {
      if (!begins_with(line, "#include <")) continue;
      for (const auto& [library, home] : homes) {
        INFO(source.path << ": " << line);
        CHECK((line.find(library) == std::string::npos || begins_with(source.path, home)));
      }
    }
    // cpp-httplib's client calls providers and targets from net alone, and the running daemon from the command line.
    const bool may_call = begins_with(source.path, "daemon/net/") || source.path == "daemon/cli/client.cpp";
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK((line.find("httplib::Client") == std::string::npos || may_call));
    }
  }
}

TEST_CASE("every file that docs/adding.md names exists") {
  const std::regex path("`((?:daemon|tests|config|systemd|docs|packaging|sandbox)/[A-Za-z0-9_./-]*)");
  std::ifstream page(root / "docs/adding.md");
  REQUIRE(page.good());
  int named = 0;
  for (std::string line; std::getline(page, line);) {
    for (std::sregex_iterator at(line.begin(), line.end(), path), end; at != end; ++at, ++named) {
      // What is to be added stands below something that is there.
      const std::string text = (*at)[1];
      const std::string there = text.substr(0, text.find("NAME"));
      INFO(line);
      CHECK(fs::exists(root / (there == text ? text : there.substr(0, there.rfind('/')))));
    }
  }
  CHECK(named > 20);
}

TEST_CASE("nothing unfinished is left in the product") {
  const std::regex mark("\\b(TODO|FIXME|XXX)\\b");
  for (const Source& source : sources()) {
    if (source.path == "tests/tidy_test.cpp") continue;
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK_FALSE(std::regex_search(line, mark));
    }
  }
}
