// The sandbox's clock: real time plus what was added by advance().
// Any thread. Token expiry does not follow it.
#pragma once

#include <atomic>
#include <chrono>

#include "sandbox/time.h"

namespace sandbox {

class Clock {
 public:
  Time now() const { return real_now() + std::chrono::microseconds(offset_us_.load()); }
  void advance(std::chrono::microseconds by) { offset_us_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> offset_us_{0};
};

}  // namespace sandbox
