// RepeatLimit: of what says the same again and again, the first few of a stretch of time are let through, and
// the next one that is says how many were not. Not locked; reads no clock.
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
    std::size_t held_back = 0;  // since the last that passed
  };
  Verdict ask(const std::string& what, Mono now);

  // What is remembered stays bounded: beyond this the oldest is forgotten.
  static constexpr std::size_t remembered_max = 1000;

 private:
  struct Seen {
    Mono since{};
    std::size_t times = 0;
    std::size_t held_back = 0;
  };

  const std::size_t times_max_;
  const Millis stretch_;
  std::map<std::string, Seen> seen_;
};

}  // namespace keeper
