// The command `verify-store`: it checks the hash chains, the digests and the pages of a store's file. A
// daemon may be using the file meanwhile. It prints what it finds and returns the exit code: 0 if all is
// well, 1 if something is wrong or the file cannot be read. Main thread.
#pragma once

#include <string>

#include "cli/command_line.h"

namespace keeper {

int show_verification(const std::string& file, bool json, const Terminal& terminal);

}  // namespace keeper
