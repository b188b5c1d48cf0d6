// What a configuration would do over a span of time: the keeper itself, on a clock of its own, with providers
// that never fail. Main thread; prints, and returns the exit code.
#pragma once

#include <string>

#include "cli/command_line.h"

namespace keeper {

struct SimulateRequest {
  std::string config;
  std::string from;  // RFC 3339, or local time in UTC
  std::string to;
  bool json = false;
};

int simulate(const SimulateRequest& request, const Terminal& terminal);

}  // namespace keeper
