// Which host names a client may have used to reach the status listener. This stops DNS rebinding: a foreign
// page that lets its own name resolve to loopback still sends that name as Host. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keeper {

// True for loopback, by name or by address, and for the names of `allowed`. A name of `allowed` that has a
// port allows only that port. Upper and lower case are the same.
bool is_host_allowed(std::string_view host, const std::vector<std::string>& allowed);

// The same for the value of an Origin field, "scheme://host[:port]". "null" is not allowed.
bool is_origin_allowed(std::string_view origin, const std::vector<std::string>& allowed);

}  // namespace keeper
