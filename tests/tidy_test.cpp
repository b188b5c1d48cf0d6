// The rules of the house that a compiler does not hold: ceilings of size, layers, words.
#include <filesystem>
#include <fstream>
#include <iterator>
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
  for (const char* top : {"daemon", "sandbox", "tests"}) {
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
const std::map<std::string, int> layers{{"base", 0},     {"schedule", 1}, {"net", 1},     {"core", 2},
                                        {"settings", 3}, {"config", 4},   {"store", 4},   {"provider", 5},
                                        {"webhook", 6},  {"status", 6},   {"runtime", 6}, {"probe", 6},
                                        {"cli", 7}};

// Modules of one layer do not know each other; daemon/main.cpp, which is in none, joins them.
bool may_include(const std::string& from, const std::string& to) {
  if (from == to) return true;
  return layers.at(to) < layers.at(from);
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

TEST_CASE("no function inside a class is longer than 60 lines") {
  // A body begins at an indented line of a type that ends with '{', and ends at the next '}' that is indented
  // no further.
  const std::regex type("^ *(struct|class|enum|union|template|public|private|protected)\\b");
  const std::regex opens_type("^(struct|class) [^;]*\\{$");
  for (const Source& source : sources()) {
    const std::vector<std::string> lines = code_of(source);
    bool in_type = false;
    std::size_t begin = 0;  // 0: in no body
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      const std::size_t indent = line.find_first_not_of(' ');
      if (indent == std::string::npos) continue;
      if (indent == 0) in_type = std::regex_search(line, opens_type) || (in_type && line.front() != '}');
      if (indent == 0 || !in_type) {
        begin = 0;
      } else if (begin == 0) {
        if (line.back() == '{' && !std::regex_search(line, type)) begin = i;
      } else if (line[indent] == '}' && indent <= lines[begin].find_first_not_of(' ')) {
        INFO(source.path << ": " << lines[begin] << " has " << i - begin + 1 << " lines");
        CHECK(i - begin + 1 <= 60);
        begin = 0;
      }
    }
  }
}

TEST_CASE("no two files of daemon/ and tests/ have the same name") {
  // They would be mistaken for each other in a list of tabs, in a compiler's message and in a search.
  // sandbox/ is a product of its own.
  std::map<std::string, std::string> paths;  // by name
  for (const Source& source : sources()) {
    if (begins_with(source.path, "sandbox/")) continue;
    const auto [first, is_new] = paths.emplace(fs::path(source.path).filename(), source.path);
    INFO(source.path << " has the name of " << first->second);
    CHECK(is_new);
  }
}

TEST_CASE("each file of tests is compiled: its folder's CMakeLists.txt names it, or looks for such files") {
  // A test that is not compiled would pass for ever.
  for (const Source& source : sources()) {
    const fs::path path = source.path;
    const fs::path list = root / path.parent_path() / "CMakeLists.txt";
    if (!begins_with(source.path, "tests/") || !path.stem().string().ends_with("_test") || !fs::exists(list))
      continue;
    std::ifstream file(list);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const bool is_looked_for =
        text.find(" *.cpp)") != std::string::npos || text.find(" *_test.cpp") != std::string::npos;
    INFO(source.path << ": add it to " << path.parent_path().string() << "/CMakeLists.txt");
    CHECK((is_looked_for || std::regex_search(text, std::regex("\\b" + path.filename().string() + "\\b"))));
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

TEST_CASE("each file of the core has a header of its own, includes it first and says in it what it owns") {
  std::map<std::string, std::vector<std::string>> core;
  for (Source& source : sources()) {
    if (begins_with(source.path, "daemon/core/")) core[source.path] = std::move(source.lines);
  }
  for (const auto& [path, lines] : core) {
    INFO(path);
    if (fs::path(path).extension() == ".h") {
      CHECK(begins_with(lines.at(0), "// "));
      continue;
    }
    const std::string header = fs::path(path).stem().string() + ".h";
    CHECK(core.count("daemon/core/" + header) == 1);
    CHECK(lines.at(0) == "#include \"core/" + header + "\"");
  }
}

TEST_CASE("the schedules and the core are pure: no threads, chance, clocks, files, logs, JSON, HTTP or SQL") {
  const std::regex forbidden(
      "#include "
      "<(thread|mutex|condition_variable|atomic|random|iostream|fstream|filesystem|future|httplib|sqlite3|"
      "spdlog|nlohmann|SQLiteCpp|libpq-fe|boost|yaml-cpp)");
  const std::regex clock("(system_clock|steady_clock)::now|BootClock::now|wall_now\\(");
  for (const Source& source : sources()) {
    if (!begins_with(source.path, "daemon/core/") && !begins_with(source.path, "daemon/schedule/")) continue;
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK_FALSE(std::regex_search(line, forbidden));
      CHECK_FALSE(std::regex_search(line, clock));
    }
  }
}

TEST_CASE("core/deadlines is the only writer of a session's deadlines") {
  // The types of the deadlines make DeadlineSetter their only writer.
  for (const Source& source : sources()) {
    if (source.path == "tests/tidy_test.cpp" || begins_with(source.path, "daemon/core/deadline")) continue;
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK(line.find("DeadlineSetter") == std::string::npos);
    }
  }
}

TEST_CASE("what drives the keeper drives it by the rounds that ship") {
  const std::regex step("(\\.|->)(decide|install|revert)\\(");
  for (const Source& source : sources()) {
    const bool drives = begins_with(source.path, "tests/sim/") ||
                        begins_with(source.path, "tests/adapters/") ||
                        begins_with(source.path, "tests/bench/") || begins_with(source.path, "daemon/cli/");
    if (!drives) continue;
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK_FALSE(std::regex_search(line, step));
    }
  }
}

TEST_CASE("one library has one home") {
  // What a URL says is asked of libpq without a connection.
  const std::string url_reader = "daemon/settings/database_url.cpp";
  const std::map<std::string, std::string> homes{{"yaml-cpp/", "daemon/config/"},
                                                 {"sqlite3.h", "daemon/store/"},
                                                 {"SQLiteCpp/", "daemon/store/"},
                                                 {"libpq", "daemon/store/"},
                                                 {"boost/", "daemon/webhook/"}};
  for (const Source& source : sources()) {
    if (!begins_with(source.path, "daemon/")) continue;
    for (const std::string& line : source.lines) {
      if (!begins_with(line, "#include <")) continue;
      for (const auto& [library, home] : homes) {
        INFO(source.path << ": " << line);
        const bool is_at_home =
            begins_with(source.path, home) || (library == "libpq" && source.path == url_reader);
        CHECK((line.find(library) == std::string::npos || is_at_home));
      }
    }
    // cpp-httplib's client calls providers and targets from net alone, and the running daemon from the
    // command line.
    const bool may_call = begins_with(source.path, "daemon/net/") || source.path == "daemon/cli/client.cpp";
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK((line.find("httplib::Client") == std::string::npos || may_call));
    }
  }
}

TEST_CASE("only the status listener serves with cpp-httplib") {
  for (const Source& source : sources()) {
    if (!begins_with(source.path, "daemon/") || begins_with(source.path, "daemon/status/")) continue;
    for (const std::string& line : source.lines) {
      INFO(source.path << ": " << line);
      CHECK(line.find("httplib::Server") == std::string::npos);
    }
  }
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
