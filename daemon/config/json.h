// YAML values as JSON, by YAML 1.2's rules: only what is not quoted can be a number, true, false or null.
// Any thread; no state.
#pragma once

#include <nlohmann/json.hpp>

#include "config/document.h"

namespace keeper::config {

using Json = nlohmann::json;

Json to_json(const Node& node);

}  // namespace keeper::config
