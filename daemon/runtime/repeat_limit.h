// RepeatLimit: lets the first `times_max` of equal lines in a stretch of time pass. The first line that
// passes afterwards is told how many did not. Example: with 5 in a minute, the eighth equal line in one
// minute does not pass, and the first one of the next minute passes with `suppressed` 3. It has no lock and
// reads no clock.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/time.h"

namespace keeper {

class RepeatLimit {
 public:
  RepeatLimit(std::size_t times_max, Millis stretch) : times_max_(times_max), stretch_(stretch) {}

  struct Verdict {
    bool passes = true;
    std::size_t suppressed = 0;  // how many equal lines did not pass since the last one that did
  };
  // Counts one line.
  Verdict ask(const std::string& what, Mono now);

  // How many different lines are remembered. Beyond that the oldest one is forgotten.
  static constexpr std::size_t remembered_max = 1000;

 private:
  struct Seen {
    Mono since{};
    std::size_t times = 0;
    std::size_t suppressed = 0;
  };

  const std::size_t times_max_;
  const Millis stretch_;
  std::map<std::string, Seen> seen_;
};

}  // namespace keeper
