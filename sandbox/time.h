// Points in time with microseconds, and the texts in which the three providers write them.
// Any thread; no state.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace sandbox {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

Time real_now();
// RFC 3339 in UTC with 3 or 6 fraction digits, followed by `zone` ("Z", "+00:00" or nothing).
std::string iso_time(Time time, int digits, const char* zone);
// As in a Date header (RFC 9110, IMF-fixdate).
std::string http_date(Time time);
// ISO 8601 with fractional seconds, as in PT14M12.749499S.
std::string iso_duration(std::chrono::microseconds duration);
std::int64_t unix_seconds(Time time);

}  // namespace sandbox
