// The configuration file: read once, checked whole, turned into Settings and plans.
// Any thread; no state. Never throws, never logs, never puts a secret into a message.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "settings/settings.h"

namespace keeper {

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

struct LoadOptions {
  bool strict = false;            // check-config --strict: what is missing here is an error
  bool secrets_required = false;  // run and reload: likewise
  std::function<std::optional<std::string>(const std::string&)> variable = environment;
  std::optional<Wall> now;  // the year from here on is searched for overlapping plans; empty: the clock
};

// All problems of the file in one run.
LoadOutcome load_settings(const std::string& path, const LoadOptions& options);

// JSON Schema (2020-12) of the file, from the same table that checks it.
std::string config_schema();

}  // namespace keeper
