// The log: one line per thing that happened, `word key=value …`, to standard error. Any thread.
// Values are quoted and their control characters escaped here, so callers pass foreign text as it is.
// Never given a secret.
#pragma once

#include <string>
#include <string_view>

#include "core/model.h"

namespace keeper {

enum class Level { debug, info, warning, error };

// "debug", "info", "warning", "error"; false for anything else, and nothing changes.
bool set_log_level(std::string_view name);
void log_line(Level level, std::string_view line);

// Builds one line and writes it at the end of the full expression.
class Log {
 public:
  Log(Level level, std::string_view what);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  Log& with(std::string_view key, std::string_view value);
  Log& with(std::string_view key, long long value);

 private:
  Level level_;
  std::string line_;
};

// " key=value", quoted where it must be.
std::string logfmt(std::string_view key, std::string_view value);

void log_transition(const TransitionRow& row);
void log_removed(int sessions);  // by retention
void log_notice(const Notice& notice);

}  // namespace keeper
