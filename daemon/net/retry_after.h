// Retry-After: how long an answer asks its caller to wait, between nothing and one hour.
// The functions keep no state, and any thread may call them.
#pragma once

#include <optional>

#include "base/time.h"
#include "net/http_client.h"

namespace keeper {

inline constexpr Millis wait_max{std::chrono::hours{1}};  // longer waits that are asked for are cut to it

// What Retry-After asks for, in seconds or as a date; zero for a date in the past. Empty without a readable
// one.
std::optional<Millis> retry_after(const HttpResponse& response, Wall now);

// The same, or else what X-RateLimit-Reset says; at least a second.
std::optional<Millis> wait_asked(const HttpResponse& response, Wall now);

}  // namespace keeper
