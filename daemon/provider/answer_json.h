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
#include "provider/json_mending.h"

namespace keeper {

using Json = nlohmann::json;

// nlohmann_json takes a NUL byte for the end of the text; in JSON it stands nowhere. To be asked before its
// parser is.
bool has_nul(std::string_view text);
// Of the mended text: one odd value hides no other (provider/json_mending). Empty for text that is not JSON.
std::optional<Json> parse_json(std::string_view text);
std::string json_text(const Json& value);  // bytes that are not UTF-8 are replaced

// The member, or null, also where `object` is no object.
const Json& member(const Json& object, const char* name);
// Empty where the member is missing or of another type.
std::optional<std::string> text_at(const Json& object, const char* name);
std::optional<std::int64_t> integer_at(const Json& object, const char* name);
std::optional<Wall> time_at(const Json& object, const char* name);

// A text in ISO 8601, or a count since 1970 as a number or its digits: of seconds, milliseconds, microseconds
// or nanoseconds, told by its size. Empty for anything else.
std::optional<Wall> time_in(const Json& value);
// What stands for a time that is not set: null, "", 0, and the dates with which libraries begin (1970, the
// year 1).
bool is_no_time(const Json& value);

// An id may be a text or a number, which is read as its digits. Empty for anything else.
std::string id_text(const Json& value);
// Empty for text that cannot be an id: nothing, over 512 bytes, with a NUL or with what was no text, and "."
// and
// "..", which would lead out of a path. Blanks and other odd characters are part of an id.
RemoteId plain_id(std::string_view text);
RemoteId id_at(const Json& object, const char* name);
// The same without "session-" before it (VideoSDK's webhook sample has it, its REST samples have not),
// however often that stands there: what is normal stays as it is, so an id that is read again is the same id.
RemoteId normalised_id(std::string_view text);

}  // namespace keeper
