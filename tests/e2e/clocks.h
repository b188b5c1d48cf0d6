// The daemon's clocks, which a test may set, beside those of the sandbox and the test, which are right. A
// daemon that is started after this object was made sees each change at once.
#pragma once

#include <atomic>
#include <chrono>

#include "e2e/programs.h"

namespace keeper::e2e {

class Clocks {
 public:
  explicit Clocks(Stage& stage);
  ~Clocks();
  Clocks(const Clocks&) = delete;
  Clocks& operator=(const Clocks&) = delete;

  void set_wall(std::chrono::milliseconds offset) { offsets_[0] = offset.count(); }
  void set_boot(std::chrono::milliseconds offset) { offsets_[1] = offset.count(); }

 private:
  std::atomic<std::int64_t>* offsets_ = nullptr;
};

}  // namespace keeper::e2e
