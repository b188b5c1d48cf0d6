// docs/api.md against the API's description: each path and method that one of them has, the other has too.
#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "catch.h"

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(KEEPER_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(file.good());
  return text.str();
}

std::string upper_case(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  return word;
}

// The first cell of a row: "| `GET /api/v1/plans` |".
std::set<std::string> documented() {
  std::set<std::string> all;
  const std::string page = text_of("docs/api.md");
  const std::regex row("\\n\\| `([A-Z]+ /[^`]*)` \\|");
  for (std::sregex_iterator it(page.begin(), page.end(), row), end; it != end; ++it) {
    INFO((*it)[1] << " stands in docs/api.md once");
    CHECK(all.insert((*it)[1]).second);
  }
  return all;
}

std::set<std::string> described() {
  std::set<std::string> all;
  const auto description = nlohmann::json::parse(text_of("daemon/status/openapi.json"));
  for (const auto& [path, methods] : description.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) all.insert(upper_case(method) + " " + path);
  }
  return all;
}

}  // namespace

TEST_CASE("docs/api.md names each path of openapi.json, and no other") {
  const std::set<std::string> page = documented();
  const std::set<std::string> description = described();
  for (const std::string& call : description) {
    INFO(call << " is missing in docs/api.md");
    CHECK(page.contains(call));
  }
  for (const std::string& call : page) {
    INFO(call << " is missing in openapi.json");
    CHECK(description.contains(call));
  }
}
