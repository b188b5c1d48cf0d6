// The description of the status listener's API (OpenAPI 3.1), as text. Any thread.
#pragma once

#include <string_view>

namespace keeper {

std::string_view openapi_json();

}  // namespace keeper
