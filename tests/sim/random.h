// The one source of chance. All of a run is drawn from its seed, so that a run can be repeated exactly.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace keeper::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}

  // SplitMix64.
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
  }

  std::uint64_t below(std::uint64_t n) { return next() % n; }
  double unit() { return static_cast<double>(next() >> 11U) / 9007199254740992.0; }
  bool chance(double p) { return unit() < p; }
  Millis between(Millis low, Millis high) {
    return low +
           Millis{static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count() + 1)))};
  }

 private:
  std::uint64_t state_;
};

}  // namespace keeper::sim
