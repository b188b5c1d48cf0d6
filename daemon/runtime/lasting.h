// Lasting: something that is seen at each look while it lasts, such as a database that does not answer, and
// when the log is told of it: when it begins, when it becomes something else, and once a minute from then on.
// It has no lock and reads no clock.
//
// Example: a database that is away for 130 seconds and is looked at ten times a second is told of three
// times, whatever the texts of its errors are.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace keeper {

class Lasting {
 public:
  // It is seen. `what` names it by what stays the same from look to look, and so by no figure. True: the log
  // is told.
  bool seen(const std::string& what, Mono now);

  // It is over. How long it has lasted; empty: it had not begun.
  std::optional<Millis> over(Mono now);

 private:
  struct Seen {
    std::string what;
    Mono since{};
    Mono told_at{};
  };
  std::optional<Seen> seen_;
};

}  // namespace keeper
