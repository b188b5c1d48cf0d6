// The small encodings of the wire: base64, percent, HTTP dates, SHA-256, and JSON read without trust.
// Any thread; no state. Nothing here throws on foreign input.
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

// Standard alphabet with padding, or the URL one with or without. Only the canonical spelling of a value is
// read: unused bits must be zero and the alphabets are not mixed, so one signature has one spelling in each.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);
std::string encode_base64url(std::string_view bytes);  // without padding

// "Sun, 06 Nov 1994 08:49:37 GMT", the form that RFC 9110 requires of senders. Empty on anything else.
std::optional<Wall> parse_http_date(std::string_view text);

// nlohmann_json takes a NUL byte for the end of the text; in JSON it stands nowhere. To be asked before its parser is.
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
// The same without "session-" before it (VideoSDK's webhook sample has it, its REST samples have not), however often that
// stands there: what is normal stays as it is, so an id that is read again is the same id.
RemoteId normalised_id(std::string_view text);

}  // namespace keeper
