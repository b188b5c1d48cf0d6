// The command `probe`: it starts sessions at a provider, with the program's own adapters, and measures what
// adapters and descriptions only claim (daemon/probe). It needs no daemon, and disturbs none: its sessions
// carry an instance of their own. `probe --clean` ends what a killed probe left. SIGINT, SIGTERM and SIGHUP
// end what was started; a second one leaves it to `probe --clean`. Main thread; no other thread may be there
// before.
#pragma once

#include <optional>
#include <string>

#include "cli/command_line.h"

namespace CLI {
class App;
}

namespace keeper {

struct ProbeRequest {
  std::string provider;  // empty with `clean`: all
  std::string config;
  std::string plan;             // empty: the only one of the provider
  std::string trace;            // a file to be made; empty: none
  std::string max_time;         // a duration; empty: what the claims need
  std::string state_directory;  // of the journal; empty: the store's
  std::optional<double> max_cost;
  bool clean = false;
  bool json = false;
};

// Its options but `--output`; `request` must have the default of `--config`, and outlive the command.
void add_probe_options(CLI::App& command, ProbeRequest& request);

// 0: all claims hold that were measured. 1: some do not, or something is left. 2: it was not asked rightly,
// or may cost too much. 78: the configuration is bad.
int run_probe(const ProbeRequest& request, const Terminal& terminal);

}  // namespace keeper
