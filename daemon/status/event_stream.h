// Server-Sent Events: one per transition, read from the history after the last one sent, so that a stream has
// no gap whatever the loop does meanwhile. Each stream is used by one thread; published and stop: any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/history.h"

namespace keeper {

class EventStreams;

class EventStream {
 public:
  EventStream(EventStreams& streams, std::int64_t after_seq) : streams_(streams), after_seq_(after_seq) {}
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // The next bytes to send. Waits for up to a second; empty when there is nothing yet; none at the stream's
  // end.
  std::optional<std::string> next();

 private:
  EventStreams& streams_;
  std::int64_t after_seq_;
  bool begun_ = false;
  int quiet_turns_ = 0;
};

class EventStreams {
 public:
  static constexpr int streams_max = 16;

  explicit EventStreams(std::shared_ptr<History> history) : history_(std::move(history)) {}

  // After this seq; without one, from now on. Null when all streams are taken.
  Result<std::shared_ptr<EventStream>> begin(std::optional<std::int64_t> after_seq);
  // New transitions may be in the store.
  void published();
  // All streams end.
  void stop();

 private:
  friend class EventStream;

  Result<Page<TransitionRow>> after(std::int64_t seq);
  std::uint64_t generation();
  // False once stopped. Returns early when something was published since `seen`.
  bool wait(std::uint64_t seen);
  void leave();

  const std::shared_ptr<History> history_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t generation_ = 0;
  int streams_ = 0;
  bool stopped_ = false;
};

}  // namespace keeper
