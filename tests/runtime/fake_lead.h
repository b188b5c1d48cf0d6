// A store that is asked who leads, and says what the test sets. For tests only.
#pragma once

#include <atomic>
#include <thread>

#include "runtime/leadership.h"

namespace keeper::test {

class FakeLead {
 public:
  using Said = Result<std::optional<Mono>>;

  Leadership::Ports ports(Millis patience = Seconds{4}) {
    return {[this] { return Mono{Millis{lead_until.load()}}; },
            [this] {
              ++questions;
              const Mono sent = BootClock::now();
              while (BootClock::now() < Mono{Millis{silent_until.load()}})
                std::this_thread::sleep_for(Millis{5});
              if (away) return Said(Error{ErrorKind::storage, "no answer"});
              return Said(leads ? std::optional<Mono>(sent) : std::nullopt);
            },
            patience};
  }

  std::atomic<bool> leads{true};
  std::atomic<bool> away{false};
  std::atomic<int> questions{0};
  std::atomic<Millis::rep> lead_until{in(Seconds{60})};
  std::atomic<Millis::rep> silent_until{0};

  static Millis::rep in(Millis time) { return (BootClock::now() + time).time_since_epoch().count(); }
};

}  // namespace keeper::test
