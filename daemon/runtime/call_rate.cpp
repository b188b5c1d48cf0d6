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

std::optional<std::size_t> CallRate::left(Mono now) const {
  if (!limit_) return std::nullopt;
  const auto spent =
      std::count_if(spent_.begin(), spent_.end(), [&](Mono at) { return at + limit_->window > now; });
  return static_cast<std::size_t>(limit_->calls) - static_cast<std::size_t>(spent);
}

std::size_t CallRate::reserve() const { return limit_ ? static_cast<std::size_t>(limit_->calls) / 4 : 0; }

std::size_t CallRate::at_most(std::size_t calls) const {
  return limit_ ? std::min(calls, static_cast<std::size_t>(limit_->calls)) : calls;
}

void CallRate::spend(std::size_t calls, Mono now) {
  if (!limit_) return;
  spent_.insert(spent_.end(), calls, now);
  while (spent_.size() > static_cast<std::size_t>(limit_->calls)) spent_.pop_front();
}

}  // namespace keeper
