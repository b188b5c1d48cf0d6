// What a probe found, for people or for programs. Plain functions; main thread.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "probe/measurement.h"
#include "settings/settings.h"

namespace keeper {

struct ProbeReport {
  const ProviderSettings& settings;
  const probe::Terms& terms;
  const probe::Limits& limits;
  const probe::Outcome& outcome;
  Millis took;
  std::string trace;  // the file; empty: none
  std::string note;   // what went wrong beside it; empty: nothing
};

void show_probe(const ProbeReport& report, bool json, const Terminal& terminal);

}  // namespace keeper
