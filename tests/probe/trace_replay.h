// Replays a probe's trace through an adapter: a server of the test's own gives the recorded answers, one
// after the other, and the adapter must ask the recorded calls and read the recorded readings. A call that
// got no answer cannot be replayed, and its effect is passed over.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace keeper::test {

struct Replayed {
  std::size_t effects = 0;  // that were compared
  std::size_t passed_over = 0;
  std::vector<std::string> differences;  // a line each
};

// `text`: of the trace. `settings`: the provider's, without its secrets.
Replayed replay(const std::string& text, ProviderSettings settings);

}  // namespace keeper::test
