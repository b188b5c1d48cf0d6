// Which names a browser may have used for the status listener: a foreign page that rebinds its own name to
// loopback (DNS rebinding) still sends that name as Host. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keeper {

// Loopback by name or number, or one of `allowed` (names without a port, or with exactly this one), in any
// case.
bool is_host_allowed(std::string_view host, const std::vector<std::string>& allowed);

// An Origin header's "scheme://host[:port]" by the same rule; "null" is not allowed.
bool is_origin_allowed(std::string_view origin, const std::vector<std::string>& allowed);

}  // namespace keeper
