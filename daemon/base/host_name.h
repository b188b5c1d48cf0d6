// The name of this machine, as the kernel has it. Any thread.
#pragma once

#include <string>

namespace keeper {

// Empty where the machine has none, or one that is too long to be told.
std::string host_name();

}  // namespace keeper
