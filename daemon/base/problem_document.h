// Problem documents (RFC 9457), the errors of both listeners. Any thread; no state.
#pragma once

#include <string>
#include <string_view>

namespace keeper {

std::string_view reason_phrase(int status);

// `detail` may contain foreign text, which is escaped.
std::string problem_json(int status, std::string_view detail);

}  // namespace keeper
