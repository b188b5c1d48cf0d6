// verify-store: the hash chains, digests and pages of a store file, checked also while a daemon holds it.
// Main thread. Prints, and returns the exit code: 0 good, 1 something is wrong or the file cannot be read.
#pragma once

#include <string>

#include "cli/command_line.h"

namespace keeper {

int show_verification(const std::string& file, bool json, const Terminal& terminal);

}  // namespace keeper
