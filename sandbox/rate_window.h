// Calls counted in fixed windows of one minute, with a block once a ceiling is passed.
// One thread at a time (the model's lock). Follows the sandbox's clock.
#pragma once

#include <chrono>
#include <optional>

#include "sandbox/time.h"

namespace sandbox {

class RateWindow {
 public:
  // Nothing if the call may pass, else how long until one may.
  std::optional<std::chrono::seconds> count(Time now, int ceiling, std::chrono::seconds block) {
    if (now < blocked_until_) return left(now);
    if (now >= start_ + std::chrono::minutes(1)) {
      start_ = now;
      calls_ = 0;
    }
    if (++calls_ <= ceiling) return std::nullopt;
    blocked_until_ = now + block;
    return left(now);
  }

 private:
  std::chrono::seconds left(Time now) const {
    return std::chrono::ceil<std::chrono::seconds>(blocked_until_ - now);
  }

  Time start_{};
  Time blocked_until_{};
  int calls_ = 0;
};

}  // namespace sandbox
