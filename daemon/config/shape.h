// Checks a part of the tree against the table of keys: unknown keys, missing ones, types and ranges. It
// reports everything that it finds and goes on. The function keeps no state, and any thread may call it.
#pragma once

#include <string>

#include "config/document.h"
#include "config/key_table.h"
#include "config/problems.h"

namespace keeper::config {

// `owner` names the map in messages: "plan 'x'". `place` is where a missing key is reported.
void check_section(const Node& node, const Section& section, const std::string& owner, Place place,
                   Problems& problems);

}  // namespace keeper::config
