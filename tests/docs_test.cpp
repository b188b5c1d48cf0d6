// What the documentation promises about the repository itself: its links lead somewhere, the files that it
// names exist, and the changelog is of this version. The pages are README.md, those beside it, docs/ and
// tests/bench/README.md.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "store/schema.h"

namespace fs = std::filesystem;

namespace {

const fs::path root = KEEPER_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> pages() {
  std::vector<fs::path> all{root / "tests/bench/README.md"};
  for (const auto& entry : fs::directory_iterator(root)) all.push_back(entry.path());
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) all.push_back(entry.path());
  std::erase_if(all, [](const fs::path& path) { return path.extension() != ".md"; });
  return all;
}

// Blocks of code are commands and their output; only prose is read.
std::string prose_of(const fs::path& page) {
  std::istringstream lines(text_of(page));
  std::string prose;
  bool is_code = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && line.compare(begin, 3, "```") == 0) {
      is_code = !is_code;
    } else if (!is_code) {
      prose += line + "\n";
    }
  }
  return prose;
}

// What the pattern's group of this number is, at each match.
std::vector<std::string> matches(const std::string& text, const std::string& pattern, std::size_t group = 1) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match) {
    found.push_back((*match)[group]);
  }
  return found;
}

// A heading's anchor, as GitHub makes it: "Back up, restore" is #back-up-restore.
std::set<std::string> anchors_of(const fs::path& page) {
  std::set<std::string> anchors;
  for (const std::string& heading : matches(prose_of(page), "(?:^|\n)#+ ([^\n]+)")) {
    std::string anchor;
    for (const char c : heading) {
      const unsigned char byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(byte));
      if (c == ' ') anchor += '-';
    }
    anchors.insert(anchor);
  }
  return anchors;
}

// What openapi.json says of itself, wherever in the daemon it is.
std::string api_version() {
  for (const auto& entry : fs::recursive_directory_iterator(root / "daemon")) {
    if (entry.path().filename() != "openapi.json") continue;
    const std::vector<std::string> versions = matches(text_of(entry.path()), "\"version\": \"([0-9]+)\"");
    if (!versions.empty()) return versions.front();
  }
  return "";
}

}  // namespace

TEST_CASE("README has at most 120 lines") {
  const std::string readme = text_of(root / "README.md");
  CHECK(std::count(readme.begin(), readme.end(), '\n') <= 120);
}

TEST_CASE(
    "each link of the documentation to a file leads to one, and to a heading of it where it names one") {
  for (const fs::path& page : pages()) {
    for (const std::string& link : matches(prose_of(page), "\\]\\(([^)\\s]+)\\)")) {
      if (link.find("://") != std::string::npos) continue;
      INFO(fs::relative(page, root).string() << ": " << link);
      const std::size_t hash = link.find('#');
      const std::string name = link.substr(0, hash);
      const fs::path target = name.empty() ? page : page.parent_path() / name;
      CHECK(fs::exists(target));
      if (hash != std::string::npos) CHECK(anchors_of(target).count(link.substr(hash + 1)) == 1);
    }
  }
}

TEST_CASE("each file and folder of the repository that the documentation names exists") {
  const std::string tops = "daemon|sandbox|config|systemd|packaging|docs|tests|\\.github";
  for (const fs::path& page : pages()) {
    for (const std::string& name : matches(prose_of(page), "`((?:" + tops + ")/[A-Za-z0-9_./-]*)`")) {
      INFO(fs::relative(page, root).string() << ": " << name);
      // NAME is what a reader adds, in a folder that is there.
      const std::size_t added = name.find("NAME");
      CHECK(fs::exists(root / (added == std::string::npos ? name : name.substr(0, name.rfind('/', added)))));
    }
  }
}

TEST_CASE("each commit that docs/adding.md names is in the history, and has the subject that it says") {
  const std::string git = "git -C '" + root.string() + "' ";
  const std::string whole = "test \"$(" + git +
                            "rev-parse --show-toplevel --is-shallow-repository 2>&1)\" = \"$(printf '" +
                            root.string() + "\\nfalse')\"";
  if (std::system(whole.c_str()) != 0) {
    WARN("not checked: this is no clone with its whole history");
    return;
  }
  std::string page = prose_of(root / "docs/adding.md");
  std::replace(page.begin(), page.end(), '\n', ' ');
  const std::string commit = "`git show ([0-9a-f]{7})[^`]*` \\(\"([^\"]+)\"\\)";
  const std::vector<std::string> ids = matches(page, commit);
  const std::vector<std::string> subjects = matches(page, commit, 2);
  CHECK(ids.size() == matches(page, "(git show)").size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    INFO(ids[i] << ": " << subjects[i]);
    const std::string shown =
        git + "log -1 --format=%s " + ids[i] + " 2>&1 | grep -qxF '" + subjects[i] + "'";
    CHECK(std::system(shown.c_str()) == 0);
  }
}

TEST_CASE("each provider's page says that it is not proven live, until a trace of it is among the tests") {
  for (const auto& entry : fs::directory_iterator(root / "docs/providers")) {
    std::string type = entry.path().stem();
    std::replace(type.begin(), type.end(), '-', '_');
    const bool is_proven = fs::exists(root / "tests/probe/traces" / (type + ".trace"));
    INFO(entry.path().string());
    const std::string page = prose_of(entry.path());
    const bool says_so = page.find("*Not proven live") != std::string::npos ||
                         page.find("*not proven live*") != std::string::npos;
    CHECK(says_so != is_proven);
  }
}

TEST_CASE("each page of docs/ can be reached from README") {
  std::set<fs::path> reached;
  std::vector<fs::path> next{root / "README.md"};
  while (!next.empty()) {
    const fs::path page = next.back();
    next.pop_back();
    if (!fs::is_regular_file(page) || !reached.insert(fs::canonical(page)).second ||
        page.extension() != ".md")
      continue;
    for (const std::string& link : matches(prose_of(page), "\\]\\(([^)#\\s]+)[^)\\s]*\\)")) {
      if (link.find("://") == std::string::npos) next.push_back(page.parent_path() / link);
    }
  }
  for (const fs::path& page : pages()) {
    INFO(fs::relative(page, root).string());
    CHECK(reached.count(fs::canonical(page)) == 1);
  }
}

TEST_CASE(
    "the changelog has a section for this version and names the store's and the API's version of its newest "
    "one") {
  const std::string changelog = text_of(root / "CHANGELOG.md");
  CHECK(changelog.find("\n## " KEEPER_VERSION " (") != std::string::npos);
  const std::vector<std::string> newest = matches(changelog, "\n(Store [0-9]+, API [0-9]+)\\.");
  REQUIRE_FALSE(newest.empty());
  CHECK(newest.front() == "Store " + std::to_string(keeper::store_version) + ", API " + api_version());
}

TEST_CASE("the licence is the same one in LICENSE and in the Debian package") {
  const std::string licence = text_of(root / "LICENSE");
  const std::string copyright = text_of(root / "packaging/debian/copyright");
  const auto words_of = [](const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
    std::erase(words, ".");
    return words;
  };
  const std::vector<std::string> granted = words_of(licence.substr(licence.find("Permission is hereby")));
  const std::vector<std::string> packed = words_of(copyright.substr(copyright.find("Permission is hereby")));
  CHECK(granted == packed);
  CHECK(licence.find("Copyright (c) 2026 the session-keeper maintainers\n") != std::string::npos);
  CHECK(copyright.find("Copyright: 2026 the session-keeper maintainers\n") != std::string::npos);
}
