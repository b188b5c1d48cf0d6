// Locked<T>: a value that can only be touched while its mutex is held. Any thread.
#pragma once

#include <mutex>
#include <utility>

namespace keeper {

template <class T>
class Locked {
 public:
  Locked() = default;
  explicit Locked(T value) : value_(std::move(value)) {}

  // Calls `use(T&)` under the lock; what it returns must not refer into the value.
  template <class Use>
  auto with(Use&& use) {
    const std::scoped_lock lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_{};
};

}  // namespace keeper
