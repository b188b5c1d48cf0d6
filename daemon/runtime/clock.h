// Clock: where the loop reads the time, so that a test can give it another one. It has no state, and any
// thread may read it.
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
