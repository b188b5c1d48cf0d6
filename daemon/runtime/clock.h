// Clock: where the loop gets its Now from, so that a test can stand in for time.
// Any thread; no state.
#pragma once

#include "base/time.h"

namespace keeper {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Now now() const override { return {wall_now(), BootClock::now()}; }
};

}  // namespace keeper
