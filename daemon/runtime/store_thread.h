// StoreThread: the one thread that uses the store while the daemon runs. It does one piece of work at a time
// for the loop. A disk that does not answer holds up this thread and not the loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/time.h"
#include "runtime/store_access.h"

namespace keeper {

class StoreThread final : public StoreAccess {
 public:
  // `returned` is called on this thread when work has returned for which the loop no longer waits; it must
  // not wait. `patience`: how long run() waits.
  StoreThread(Store& store, Millis patience, std::function<void()> returned);
  // Waits for the work under way.
  ~StoreThread() override;
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  bool run(StoreWork work) override;
  bool idle() override;

  // Any thread.
  void set_patience(Millis patience) { patience_ms_.store(patience.count()); }

 private:
  void work();

  Store& store_;
  const std::function<void()> returned_;
  std::atomic<Millis::rep> patience_ms_;
  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  StoreWork work_;
  bool busy_ = false;
  bool awaited_ = false;  // run() waits for the work under way
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace keeper
