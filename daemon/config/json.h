// YAML values as JSON, by the rules of YAML 1.2: only what is not quoted can be a number, true, false or
// null. The function keeps no state, and any thread may call it.
#pragma once

#include <nlohmann/json.hpp>

#include "config/document.h"

namespace keeper::config {

using Json = nlohmann::json;

Json to_json(const Node& node);

}  // namespace keeper::config
