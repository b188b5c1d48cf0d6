// Functions over text that several modules need. Any thread; no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keeper {

// Control characters as \xNN, cut to `bytes_max` with an ellipsis: foreign text made safe for a log or an
// answer.
std::string printable(std::string_view text, std::size_t bytes_max = 200);

std::string lower_case(std::string_view text);  // of ASCII's letters
bool equal_ignoring_case(std::string_view a, std::string_view b);

// For a URL: all but the unreserved characters of RFC 3986 as %NN.
std::string encode_percent(std::string_view text);

// The closest of `known` within two edits (one for short words): "did you mean". Empty if none is close.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace keeper
