// The configuration file: load_settings() reads it once, checks all of it and makes Settings and plans of it.
// The functions keep no state, and any thread may call them. They never throw and never log, and no secret is
// in a message.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "settings/settings.h"

namespace keeper {

namespace config {
struct ProviderKind;
using ProviderKinds = std::vector<const ProviderKind*>;
}  // namespace config

struct Problem {
  std::string file;
  int line = 0;    // 1-based; 0: the file as a whole
  int column = 0;  // 1-based, in bytes; 0 with line 0
  enum class Severity { error, warning } severity = Severity::error;
  std::string message;
  bool operator==(const Problem&) const = default;
};

// "file:line:column: error: message"
std::string to_line(const Problem& problem);
std::string_view to_string(Problem::Severity severity);

struct LoadOutcome {
  std::optional<Settings> settings;  // only when there is no error
  std::vector<Problem> problems;     // by line and column
};

// The variable of the environment of this process; empty if it is not set.
std::optional<std::string> environment(const std::string& name);

// A ready-made description of a provider.
struct KnownDescription {
  std::string name;
  std::string file;  // empty: it is part of the program
};

struct LoadOptions {
  bool strict = false;            // check-config --strict: what is missing here is an error
  bool secrets_required = false;  // run and reload: likewise
  std::function<std::optional<std::string>(const std::string&)> variable = environment;
  std::optional<std::string> text;  // the file's bytes; empty: it is read
  // Where descriptions of providers are looked for before those of the program, the first that has it wins.
  std::vector<std::string> description_directories{"/etc/session-keeper/providers",
                                                   "/usr/share/session-keeper/providers"};
  std::optional<Wall> now;  // the year from here on is searched for plans that overlap; empty: the clock
};

// All problems of the file in one run.
// `kinds`: the providers that there are, which is provider_kinds() outside of tests.
LoadOutcome load_settings(const std::string& path, const config::ProviderKinds& kinds,
                          const LoadOptions& options);

// All ready-made descriptions, by name. Reads the directories' names of files alone.
std::vector<KnownDescription> known_descriptions(const LoadOptions& options);

// JSON Schema (2020-12) of the file, from the same table that checks it.
std::string config_schema(const config::ProviderKinds& kinds);

}  // namespace keeper
