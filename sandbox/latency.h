// Service times as measured at Notte by its vendor's own benchmark (34,604 rows, 2026).
// Any thread; no state.
#pragma once

#include <chrono>

#include "sandbox/wire.h"

namespace sandbox {

// The service time below which the fraction `u` (in [0, 1)) of the calls stays.
std::chrono::milliseconds measured_latency(Operation operation, double u);

}  // namespace sandbox
