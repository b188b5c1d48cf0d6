#include "runtime/lasting.h"

#include <utility>

namespace keeper {
namespace {

constexpr Millis tell_every = Seconds{60};

}  // namespace

bool Lasting::seen(const std::string& what, Mono now) {
  if (seen_ && seen_->what == what && now < seen_->told_at + tell_every) return false;
  seen_ = Seen{what, seen_ ? seen_->since : now, now};
  return true;
}

std::optional<Millis> Lasting::over(Mono now) {
  const std::optional<Seen> seen = std::exchange(seen_, std::nullopt);
  return seen ? std::optional(now - seen->since) : std::nullopt;
}

}  // namespace keeper
