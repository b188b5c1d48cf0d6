// Signals: SIGTERM, SIGINT and SIGHUP as values that the main thread waits for. The main thread makes it
// before any other thread, so that all threads inherit the blocked mask. Any thread may call interrupt() and
// wake().
#pragma once

#include <optional>

#include "base/descriptor.h"
#include "base/time.h"

namespace keeper {

enum class Signal {
  terminate,
  reload,
  wake,  // of this process itself: there is something for the main thread to look at
};

class Signals {
 public:
  Signals();

  // The next signal; empty at `until` (mono_never: without a limit) or after interrupt(), which stays.
  std::optional<Signal> wait(Mono until);
  void interrupt();
  // wait() returns Signal::wake once.
  void wake();

 private:
  Descriptor signals_;
  Descriptor event_;
  Descriptor wake_;
};

}  // namespace keeper
