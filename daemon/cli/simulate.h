// The command `simulate`: it tells what a configuration would do over a span of time. It runs the daemon's
// own keeper and rounds on a clock of its own, with providers that never fail; it contacts nobody. It prints
// the result and returns the exit code. Main thread.
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
