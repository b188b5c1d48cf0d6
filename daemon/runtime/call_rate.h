// CallRate: a limit of `calls` in any stretch of time of the length `window`. It owns the times of the last
// calls. It reads no clock and has no lock: the pool that owns it holds its own.
#pragma once

#include <deque>
#include <optional>

#include "base/time.h"
#include "settings/settings.h"

namespace keeper {

class CallRate {
 public:
  explicit CallRate(std::optional<RateLimit> limit) : limit_(limit) {}

  bool limited() const { return limit_.has_value(); }

  // When the n-th call from now may leave (1: the next one), if those before it leave as early as they may.
  Mono nth(std::size_t n, Mono now) const;

  // Calls that may leave at once; empty without a limit.
  std::optional<std::size_t> left(Mono now) const;

  // Calls that ordinary work leaves free for what is urgent: a quarter, none of fewer than four.
  std::size_t reserve() const;

  // As many of these calls as fit into one window.
  std::size_t at_most(std::size_t calls) const;

  void spend(std::size_t calls, Mono now);

 private:
  std::optional<RateLimit> limit_;
  std::deque<Mono> spent_;  // oldest first, at most `calls`
};

}  // namespace keeper
