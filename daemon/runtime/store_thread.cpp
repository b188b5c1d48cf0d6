#include "runtime/store_thread.h"

#include <utility>

#include "base/check.h"
#include "base/thread_name.h"

namespace keeper {

StoreThread::StoreThread(Store& store, Millis patience, std::function<void()> returned)
    : store_(store), returned_(std::move(returned)), patience_ms_(patience.count()), thread_([this] {
        name_thread("store");
        work();
      }) {}

StoreThread::~StoreThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  begun_.notify_one();
  thread_.join();
}

bool StoreThread::run(StoreWork work) {
  std::unique_lock lock(mutex_);
  KEEPER_CHECK(!busy_);
  work_ = std::move(work);
  busy_ = true;
  awaited_ = true;
  begun_.notify_one();
  const bool done = ended_.wait_for(lock, Millis{patience_ms_.load()}, [this] { return !busy_; });
  awaited_ = false;
  return done;
}

bool StoreThread::idle() {
  const std::scoped_lock lock(mutex_);
  return !busy_;
}

void StoreThread::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [this] { return busy_ || stopping_; });
    if (!busy_) return;
    const StoreWork work = std::exchange(work_, nullptr);
    lock.unlock();
    work(store_);
    lock.lock();
    busy_ = false;
    const bool awaited = awaited_;
    ended_.notify_one();
    if (awaited) continue;
    lock.unlock();
    returned_();
    lock.lock();
  }
}

}  // namespace keeper
