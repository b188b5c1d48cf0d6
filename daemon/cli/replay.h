// What a delivery of the store would do if it came again now. Main thread; asks the daemon, changes nothing.
#pragma once

#include <string>

#include "cli/ask.h"

namespace keeper {

int ask_replay(const Asking& asking, const std::string& delivery, const Terminal& terminal);

}  // namespace keeper
