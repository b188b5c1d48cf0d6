// The status page: one HTML document that needs nothing else and works without scripts; a script, where there
// is one, only keeps it fresh. Everything foreign in it is escaped. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/view.h"
#include "http/facts.h"

namespace keeper {

// `recent`: newest first.
std::string status_page(const View& view, const DaemonFacts& facts, const std::vector<TransitionRow>& recent,
                        Wall now);

// The Content-Security-Policy that allows the page's own style and script and nothing else.
std::string_view page_policy();

// For text and for attributes in double quotes.
std::string escape_html(std::string_view text);

// "in 5 min", "3 h ago", "now".
std::string relative_time(Wall time, Wall now);

}  // namespace keeper
