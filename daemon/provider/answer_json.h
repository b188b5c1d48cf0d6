// Answer JSON: reads JSON that a provider sent, and the ids in it. A value that is missing or of another type
// is empty; nothing here throws, whatever the text holds. The functions keep no state, and any thread may
// call them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/ids.h"
#include "base/time.h"

namespace keeper {

using Json = nlohmann::json;

// nlohmann_json takes a NUL byte for the end of the text; in JSON it stands nowhere. To be asked before its
// parser is.
bool has_nul(std::string_view text);
// Empty for text that is not JSON or nests deeper than 64 levels (copies and dumps of a value recurse).
inline constexpr std::size_t json_depth_max = 64;  // copying a deeper one could take the whole stack
std::optional<Json> parse_json(std::string_view text);
std::string json_text(const Json& value);  // bytes that are not UTF-8 are replaced

// The member, or null, also where `object` is no object.
const Json& member(const Json& object, const char* name);
// Empty where the member is missing or of another type.
std::optional<std::string> text_at(const Json& object, const char* name);
std::optional<std::int64_t> integer_at(const Json& object, const char* name);
std::optional<Wall> time_at(const Json& object, const char* name);

// Empty for text that cannot be an id: nothing, over 200 bytes, or with blanks or control characters.
RemoteId plain_id(std::string_view text);
// The same without "session-" before it (VideoSDK's webhook sample has it, its REST samples have not),
// however often that stands there: what is normal stays as it is, so an id that is read again is the same id.
RemoteId normalised_id(std::string_view text);

}  // namespace keeper
