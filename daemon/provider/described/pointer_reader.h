// Pointer reader: the JSON pointers of a description. A text that is none is reported with its place, and
// read as empty. One load and one thread.
#pragma once

#include <string>
#include <string_view>

#include "config/document.h"
#include "config/problems.h"

namespace keeper::config {

// `key`: what the message calls it.
std::string read_pointer(const Node& node, std::string_view key, Problems& problems);
// Empty as well where the map has no such key.
std::string read_pointer_at(const Node& map, std::string_view key, Problems& problems);

}  // namespace keeper::config
