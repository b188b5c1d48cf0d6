#include "runtime/reloads.h"

#include "base/thread_name.h"

namespace keeper {

std::uint64_t Reloads::count_in() {
  if (!thread_.joinable() && !stopping_) {
    thread_ = std::thread([this] {
      name_thread("reload");
      run();
    });
  }
  changed_.notify_all();
  return ++asked_;
}

void Reloads::ask() {
  const std::scoped_lock lock(mutex_);
  count_in();
}

std::optional<Status> Reloads::ask_and_wait(Millis limit) {
  std::unique_lock lock(mutex_);
  const std::uint64_t own = count_in();
  changed_.wait_for(lock, limit, [&] { return stopping_ || done_ >= own; });
  return done_ >= own ? std::optional(outcome_) : std::nullopt;
}

void Reloads::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || done_ < asked_; });
    if (stopping_) return;
    const std::uint64_t taken = asked_;
    lock.unlock();
    Status outcome = reload_();
    lock.lock();
    outcome_ = std::move(outcome);
    done_ = taken;
    changed_.notify_all();
  }
}

void Reloads::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace keeper
