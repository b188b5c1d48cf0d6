// Encoding: base64 and the dates of HTTP. Text that is not in the one accepted form gives an empty result;
// nothing throws. The functions keep no state, and any thread may call them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace keeper {

// Standard alphabet with padding, or the URL one with or without. Only the canonical spelling of a value is
// read: unused bits must be zero and the alphabets are not mixed, so one signature has one spelling in each.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);
std::string encode_base64url(std::string_view bytes);  // without padding

// The three forms of RFC 9110, 5.6.7. Empty on anything else.
//
//   Sun, 06 Nov 1994 08:49:37 GMT     the one that it requires of senders
//   Sunday, 06-Nov-94 08:49:37 GMT    RFC 850; the year is one of 1970 to 2069
//   Sun Nov  6 08:49:37 1994          asctime
std::optional<Wall> parse_http_date(std::string_view text);

}  // namespace keeper
