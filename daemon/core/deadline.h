// The types of a session's deadlines: everybody may read them, and nobody but core/deadlines.cpp can set
// them. Times are of the boot-time clock. Copying a whole session copies its deadlines. Plain values; any
// thread.
#pragma once

#include <compare>
#include <optional>

#include "base/time.h"

namespace keeper {

class DeadlineSetter;  // core/deadlines.cpp

// A deadline that is set or not; one that is not set does not count.
class SessionDeadline {
 public:
  constexpr operator const std::optional<Mono>&() const { return at_; }
  constexpr explicit operator bool() const { return at_.has_value(); }
  constexpr Mono operator*() const { return *at_; }
  constexpr Mono value_or(Mono otherwise) const { return at_.value_or(otherwise); }
  bool operator==(const SessionDeadline&) const = default;

 private:
  friend class DeadlineSetter;
  std::optional<Mono> at_;
};

// A time that is always set.
class Moment {
 public:
  constexpr operator Mono() const { return at_; }
  bool operator==(const Moment&) const = default;
  friend constexpr bool operator==(Moment a, Mono b) { return a.at_ == b; }
  friend constexpr auto operator<=>(Moment a, Mono b) { return a.at_ <=> b; }

 private:
  friend class DeadlineSetter;
  Mono at_{};
};

}  // namespace keeper
