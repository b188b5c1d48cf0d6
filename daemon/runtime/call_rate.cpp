#include "runtime/call_rate.h"

#include <algorithm>

#include "base/check.h"

namespace keeper {

Mono CallRate::nth(std::size_t n, Mono now) const {
  KEEPER_CHECK(n >= 1);
  if (!limit_) return now;
  const auto calls = static_cast<std::size_t>(limit_->calls);
  // A whole round of calls later, the window has moved on once more.
  const std::size_t rounds = (n - 1) / calls;
  const std::size_t place = (n - 1) % calls;
  const std::size_t unused = calls - spent_.size();
  const Mono first = place < unused ? now : std::max(now, spent_[place - unused] + limit_->window);
  return first + limit_->window * static_cast<Millis::rep>(rounds);
}

void CallRate::spend(Mono now) {
  if (!limit_) return;
  spent_.push_back(now);
  if (spent_.size() > static_cast<std::size_t>(limit_->calls)) spent_.pop_front();
}

}  // namespace keeper
