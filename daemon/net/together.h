// Together: work that cannot be interrupted, done on a thread of its own for all who ask for it meanwhile.
// Whoever asks is told what it found, or at a deadline of his own that it has not ended; it is left behind
// then. At most one piece of the work is under way. Any thread may ask, and none is blocked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "net/transfers.h"

namespace keeper {

template <class T>
class Together {
 public:
  // Empty: not in time. Must be quick.
  using Told = std::function<void(std::optional<T>)>;

  // `work` must not throw, and owns what it uses.
  explicit Together(std::function<T()> work) : shared_(std::make_shared<Shared>(std::move(work))) {}

  // `told` is called exactly once: on the work's thread, or at the deadline by `timers`. Throws
  // std::system_error where there is no thread for the work.
  void ask(std::chrono::steady_clock::time_point deadline, Transfers& timers, Told told) {
    const auto shared = shared_;
    std::unique_lock lock(shared->mutex);
    if (!shared->under_way) std::thread([shared] { shared->carry_out(); }).detach();
    shared->under_way = true;
    const std::uint64_t number = ++shared->numbers;
    shared->waiting.emplace(number, std::move(told));
    // Last, since whoever asked may go on by then, and this may be gone.
    lock.unlock();
    timers.at(deadline, [shared, number] { shared->give_up(number); });
  }

 private:
  // Outlives its object while the work hangs.
  struct Shared {
    explicit Shared(std::function<T()> what) : work(std::move(what)) {}

    void carry_out() {
      const T found = work();
      std::unique_lock lock(mutex);
      under_way = false;
      const auto told = std::exchange(waiting, {});
      lock.unlock();
      for (const auto& [number, tell] : told) tell(found);
    }
    void give_up(std::uint64_t number) {
      std::unique_lock lock(mutex);
      const auto late = waiting.extract(number);
      lock.unlock();
      if (!late.empty()) late.mapped()(std::nullopt);
    }

    const std::function<T()> work;
    std::mutex mutex;
    std::map<std::uint64_t, Told> waiting;
    std::uint64_t numbers = 0;
    bool under_way = false;
  };

  const std::shared_ptr<Shared> shared_;
};

}  // namespace keeper
