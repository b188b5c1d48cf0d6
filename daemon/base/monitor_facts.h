// Monitor facts: how the calls of the dead man's switch fare. Plain values; any thread.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace keeper {

// The monitor fails from a call that did not get through until one does.
struct MonitorFacts {
  std::optional<Wall> failing_since;
  std::string last_error;             // of the last call, if that failed
  std::optional<Wall> last_heard_at;  // when it last took a call
};

}  // namespace keeper
