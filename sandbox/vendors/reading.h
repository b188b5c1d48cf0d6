// What the vendors' tables share in reading bodies and queries and in writing times.
// Any thread; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/codec.h"
#include "sandbox/time.h"
#include "sandbox/wire.h"

namespace sandbox {

// `otherwise` where the member is absent or null; nothing where it is no whole number within the bounds.
std::optional<std::int64_t> whole_number(const Json& body, const char* member, std::int64_t otherwise,
                                         std::int64_t least, std::int64_t most);
// An empty object where the member is absent or null; nothing where it is no object.
std::optional<Json> object_of(const Json& body, const char* member);
// Whether the object holds this member with this text.
bool holds(const Json& object, const std::string& member, const std::string& value);

// Of a comma-separated or repeated parameter. Absent: every word is in it.
bool asks_for(const Request& request, const char* parameter, const std::string& word);

std::string time_text(Time time);
Json time_or_null(const std::optional<Time>& time);

}  // namespace sandbox
