// What a reload with a configuration file would do to the plans of the running daemon. Main thread; asks the daemon
// for its plans, changes nothing.
#pragma once

#include <string>

#include "cli/ask.h"

namespace keeper {

// Exit codes: 0, 1 (no daemon answers), 78 (bad configuration).
int ask_plan_change(const Asking& asking, const std::string& config, const Terminal& terminal);

}  // namespace keeper
