#include <CLI/CLI.hpp>

#include "cli/probe_command.h"

namespace keeper {

void add_probe_options(CLI::App& command, ProbeRequest& request) {
  command.add_option("provider", request.provider, "its name in the configuration");
  command.add_option("--config", request.config, "the configuration file")->capture_default_str();
  command.add_option("--max-cost", request.max_cost,
                     "what it may cost in the worst case, in the price's currency");
  command.add_option("--plan", request.plan, "whose session is started (default: the provider's only plan)");
  command.add_option("--trace", request.trace,
                     "write what was asked and answered, without secrets, into this new file");
  command.add_option("--max-time", request.max_time, "such as 5m (default: what the claims need)");
  command.add_option("--state-directory", request.state_directory,
                     "where it writes down what it starts (default: where the store is)");
  command.add_flag("--clean", request.clean, "end what killed probes left, and measure nothing");
}

}  // namespace keeper
