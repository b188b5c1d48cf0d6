// Description reader: the calls and answers of a described provider, from the map `http` of its entry.
// It reports what is wrong and goes on. One load and one thread.
#pragma once

#include "config/document.h"
#include "config/problems.h"
#include "settings/settings.h"

namespace keeper::config {

Description read_description(const Node& node, Problems& problems);

}  // namespace keeper::config
