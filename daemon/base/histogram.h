// Counts of durations by size, as Prometheus' histograms are. A plain value; one thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace keeper {

struct Histogram {
  // Upper bounds; what is longer than the last counts only in `count`.
  static constexpr std::array<Millis, 12> bounds{Millis{50},  Millis{100}, Millis{250}, Millis{500},
                                                 Seconds{1},  Seconds{2},  Seconds{5},  Seconds{10},
                                                 Seconds{30}, Seconds{60}, Seconds{300}, Seconds{3600}};

  void add(Millis duration) {
    for (std::size_t i = 0; i < bounds.size(); ++i) counts[i] += duration <= bounds[i] ? 1U : 0U;
    sum += duration;
    ++count;
  }

  std::array<std::uint64_t, bounds.size()> counts{};  // each with those of the smaller bounds
  Millis sum{0};
  std::uint64_t count = 0;
};

}  // namespace keeper
