// The command `plan --config FILE`: it asks the running daemon what a reload with that file would do, and
// prints the answer. The daemon decides; it changes nothing. Main thread.
#pragma once

#include <string>

#include "cli/ask.h"
#include "cli/command_line.h"

namespace keeper {

struct PreviewRequest {
  std::string config;
  std::string token_file;  // empty: where the daemon puts it
};

// Returns 0 for an answer; 1 where no daemon answers or it cannot tell; 78 where the file cannot be read or a
// reload would refuse it.
int ask_preview(const Asking& asking, const PreviewRequest& request, const Terminal& terminal);

}  // namespace keeper
