// Pace: the clock of a probe, and its waiting, so that a test can let minutes pass at once. The probe's one
// thread calls it.
#pragma once

#include "base/time.h"

namespace keeper::probe {

class Pace {
 public:
  virtual ~Pace() = default;
  virtual Now now() const = 0;
  // Returns true at `until`. Returns false at once when somebody asks the probe to end, and once for each
  // time that it is asked.
  virtual bool wait(Mono until) = 0;
};

}  // namespace keeper::probe
