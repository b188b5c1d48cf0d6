// Problem documents (RFC 9457) for both listeners. Any thread; no state.
#pragma once

#include <string>
#include <string_view>

namespace keeper {

std::string_view reason_phrase(int status);

// `detail` may hold foreign text.
std::string problem_json(int status, std::string_view detail);

}  // namespace keeper
