// Signals: TERM, INT and HUP as numbers to wait for. Made by the main thread before any other thread, which
// then inherits the blocked mask; waited for by the main thread alone. interrupt() from any thread.
#pragma once

#include <optional>

#include "base/time.h"
#include "runtime/descriptor.h"

namespace keeper {

enum class Signal { terminate, reload };

class Signals {
 public:
  Signals();

  // The next signal; empty at `until` (mono_never: without a limit) or after interrupt(), which stays.
  std::optional<Signal> wait(Mono until);
  void interrupt();

 private:
  Descriptor signals_;
  Descriptor event_;
};

}  // namespace keeper
