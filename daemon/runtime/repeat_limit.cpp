#include "runtime/repeat_limit.h"

#include <algorithm>
#include <utility>

namespace keeper {

RepeatLimit::Verdict RepeatLimit::ask(const std::string& what, Mono now) {
  auto found = seen_.find(what);
  if (found == seen_.end()) {
    if (seen_.size() >= remembered_max) {
      seen_.erase(std::min_element(seen_.begin(), seen_.end(), [](const auto& a, const auto& b) {
        return a.second.since < b.second.since;
      }));
    }
    found = seen_.emplace(what, Seen{now, 0, 0}).first;
  }
  Seen& seen = found->second;
  if (now >= seen.since + stretch_) {
    seen.since = now;
    seen.times = 0;
  }
  if (++seen.times > times_max_) {
    ++seen.suppressed;
    return {false, 0};
  }
  return {true, std::exchange(seen.suppressed, 0)};
}

}  // namespace keeper
