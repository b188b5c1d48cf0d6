// The command `deliveries --replay ID --dry-run`: it tells what a recorded delivery would do if it came once
// more now. It asks the daemon for the delivery and its session, and changes nothing. Main thread.
#pragma once

#include <string>

#include "cli/ask.h"

namespace keeper {

int ask_replay(const Asking& asking, const std::string& delivery, const Terminal& terminal);

}  // namespace keeper
