// The description of the API (OpenAPI 3.1) as text: openapi.json, which CMake makes part of the program. Any
// thread.
#pragma once

#include <string_view>

namespace keeper {

std::string_view openapi_json();

}  // namespace keeper
