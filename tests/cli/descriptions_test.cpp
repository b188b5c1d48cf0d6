// What `providers --known` prints: the ready-made descriptions, and where each comes from.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/offline.h"

#include "catch.h"

using namespace keeper;
using nlohmann::json;

namespace {

// A directory with the installed description of one vendor that the program has too, and of one that it has
// not.
class Installed {
 public:
  Installed() {
    path_ = (std::filesystem::temp_directory_path() / "keeper-known-XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    for (const char* name : {"kernel", "mine"})
      std::ofstream(file(name)) << "base_url: https://x.example.org\n";
  }
  ~Installed() { std::filesystem::remove_all(path_); }
  Installed(const Installed&) = delete;
  Installed& operator=(const Installed&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name + ".yaml"; }
  std::string printed(bool as_json) const {
    LoadOptions options;
    options.description_directories = {path_};
    std::ostringstream out;
    std::ostringstream errors;
    CHECK(list_descriptions(options, as_json, Terminal{out, errors, 0, false, {}}) == 0);
    CHECK(errors.str().empty());
    return out.str();
  }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("providers --known lists each description once, by name, with the file that wins") {
  const Installed installed;
  const json listed = json::parse(installed.printed(true));
  const json program = nullptr;
  CHECK(listed == json::array({{{"description", "browser-use"}, {"file", program}},
                               {{"description", "browserbase"}, {"file", program}},
                               {{"description", "daytona"}, {"file", program}},
                               {{"description", "e2b"}, {"file", program}},
                               {{"description", "kernel"}, {"file", installed.file("kernel")}},
                               {{"description", "mine"}, {"file", installed.file("mine")}},
                               {{"description", "steel"}, {"file", program}}}));
}

TEST_CASE("providers --known prints a table of two columns, and says what is the program's own") {
  const Installed installed;
  std::istringstream lines(installed.printed(false));
  std::vector<std::string> told;
  for (std::string line; std::getline(lines, line);) told.push_back(line);
  REQUIRE(told.size() == 8);
  CHECK(told.at(0) == "DESCRIPTION  FROM");
  CHECK(told.at(1) == "browser-use  this program");
  CHECK(told.at(5) == "kernel       " + installed.file("kernel"));
}
