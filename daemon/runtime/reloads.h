// Reloads: carries out reloads on a thread of its own, one at a time, so that neither the main thread nor a
// listener's waits for the files and the disk that a reload needs. One that is asked for while another is
// under way begins after it, because the file may have changed meanwhile. Any thread, apart from stop().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"
#include "base/time.h"

namespace keeper {

class Reloads {
 public:
  // `reload` is called on the thread.
  explicit Reloads(std::function<Status()> reload) : reload_(std::move(reload)) {}
  ~Reloads() { stop(); }
  Reloads(const Reloads&) = delete;
  Reloads& operator=(const Reloads&) = delete;

  void ask();

  // What came of a reload that began after this call. Empty: it is still under way after `limit`, or stop()
  // was called.
  std::optional<Status> ask_and_wait(Millis limit);

  // Waits for the reload that is under way and begins no more. The main thread.
  void stop();

 private:
  std::uint64_t count_in();
  void run();

  const std::function<Status()> reload_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;  // every one up to this has its outcome
  Status outcome_ = Done{};
  bool stopping_ = false;
  std::thread thread_;  // since the first one was asked for
};

}  // namespace keeper
