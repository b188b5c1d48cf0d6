// The process's limit of open descriptors. Main thread, or whoever reloads.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace keeper {

// Raises the limit to what so many calls in flight need, if it is lower: a socket for each, a second one
// while two addresses of a host are tried, and 2,048 for all else. Errors: not_applied, where the hard limit
// allows no more; the limit is then as high as it may be.
Status raise_descriptor_limit(std::size_t calls);

}  // namespace keeper
