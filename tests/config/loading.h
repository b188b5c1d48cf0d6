// What the tests of the configuration share: a world of known variables, and files that are gone afterwards.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "config/config.h"
#include "config/key_table.h"

// Catch has a CHECK of its own; in a test that one is meant.
#include "catch.h"
#include "provider/provider_table.h"

namespace keeper::test {

// Every secret of these tests holds this word.
inline constexpr const char* planted = "PLANTED";

inline std::optional<std::string> known_variable(const std::string& name) {
  static const std::map<std::string, std::string> known{{"KEY", "PLANTED-key"},
                                                        {"OTHER", "PLANTED-other"},
                                                        {"OTHER_PROXY", "http://user:PLANTED@proxy:3128"},
                                                        {"EMPTY", ""},
                                                        {"TWO_LINES", "PLANTED\nlines"}};
  const auto found = known.find(name);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

inline LoadOptions options() {
  LoadOptions result;
  result.variable = known_variable;
  result.now = parse_time("2026-11-21T00:00:00Z");
  return result;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string name = (std::filesystem::temp_directory_path() / "keeper-config-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    path_ = name;
    if (fd >= 0) ::close(fd);
    write(content);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline LoadOutcome load_text(const std::string& yaml, const LoadOptions& with = options()) {
  const TemporaryFile file(yaml);
  return load_settings(file.path(), provider_kinds(), with);
}

// "line:column: severity: message", one to a line.
inline std::string lines(const LoadOutcome& outcome) {
  std::string result;
  for (const Problem& problem : outcome.problems) {
    result += to_line(problem).substr(problem.file.size() + 1) + "\n";
  }
  return result;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// Every section of the table of keys, with those of the providers.
inline void for_each_section(const config::Section& section, std::set<const config::Section*>& seen) {
  if (!seen.insert(&section).second) return;
  for (const config::Key& key : section.keys) {
    for (const config::Type& type : key.types) {
      if (type.section != nullptr) for_each_section(*type.section, seen);
    }
  }
}

inline std::set<const config::Section*> all_sections() {
  std::set<const config::Section*> seen;
  static const config::Sections sections(provider_kinds());
  for_each_section(sections.root(), seen);
  for (const config::Section* section : sections.sessions()) for_each_section(*section, seen);
  return seen;
}

inline std::filesystem::path source(const std::string& relative) {
  return std::filesystem::path(KEEPER_SOURCE_DIR) / relative;
}

}  // namespace keeper::test
