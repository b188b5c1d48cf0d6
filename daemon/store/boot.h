// What a store draws and reads of its machine when it is opened. Any thread; no state.
#pragma once

#include <string>

#include "base/ids.h"

namespace keeper {

// 128 random bits, as 32 hex digits.
std::string draw_hex();

// Of this start of the machine; empty where the system does not say.
std::string boot_id();

}  // namespace keeper
