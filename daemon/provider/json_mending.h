// JSON mending: one odd value in an answer would make a parser refuse all of it. Before an answer is parsed,
// what stands for no value that this program can hold is replaced, and the rest is left as it came:
//
//   bytes that are not UTF-8, half a surrogate pair, a broken escape   U+FFFD
//   a control character in a text                                      its escape
//   1e400, 18446744073709551616, 007                                   a text of the same characters
//   NaN, Infinity, -inf                                                null
//   an array or object deeper than json_depth_max                      null
//
// What is no JSON otherwise stays as it is, so that an HTML page is still no JSON. No state; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keeper {

inline constexpr std::size_t json_depth_max = 64;  // copying a deeper value could take the whole stack

// What replaces bytes that are no text.
inline constexpr std::string_view not_text = "\xef\xbf\xbd";

// `text` itself where nothing has to be replaced, else what it becomes, which is put into `room`.
std::string_view mended_json(std::string_view text, std::string* room);

}  // namespace keeper
