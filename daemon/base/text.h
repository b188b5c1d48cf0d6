// Functions over text that several modules need. Any thread; no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keeper {

// The length of the UTF-8 sequence at the start of `text`, or 0 if there is none (RFC 3629: no overlong
// forms, no surrogates, nothing over U+10FFFF). `text` must not be empty.
std::size_t sequence_length(std::string_view text);

// Whether a character, given as its UTF-8 sequence, acts on a terminal or changes how the text around it is
// read: the control characters of C0 and C1, the separators of lines and paragraphs, and those that turn or
// hide text, such as U+202E. A tab and a line's end are such characters as well.
bool is_control(std::string_view sequence);

// A character as \uNNNN, or two of them, as in JSON.
std::string escaped(std::string_view sequence);

// Foreign text made safe for a log, a terminal or an answer: control characters as \xNN or \uNNNN, bytes that
// are not UTF-8 as \xNN. It is cut before the first character that would pass `bytes_max`, with an ellipsis.
std::string printable(std::string_view text, std::size_t bytes_max = 200);

std::string lower_case(std::string_view text);  // of ASCII's letters
bool equal_ignoring_case(std::string_view a, std::string_view b);

// For a URL: all but the unreserved characters of RFC 3986 as %NN.
std::string encode_percent(std::string_view text);

// The closest of `known` within two edits (one for short words): "did you mean". Empty if none is close.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace keeper
