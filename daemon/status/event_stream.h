// Server-Sent Events, one for each transition. A stream reads the transitions after the last one that it sent
// from the history. It therefore has no gap, however fast they come.
//
// Each stream is used by one thread. Any thread may call published and stop.
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

  // The next bytes to send. Waits for up to a second, and is empty if nothing came. Without a value the
  // stream has ended.
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

  // A stream of what follows `after_seq`, or of what comes from now on; the latter also where `after_seq` is
  // beyond the last one in the store. Null while `streams_max` are open.
  // Errors: storage.
  Result<std::shared_ptr<EventStream>> begin(std::optional<std::int64_t> after_seq);
  // Wakes the streams, because new transitions may be in the store.
  void published();
  // Ends all streams.
  void stop();

 private:
  friend class EventStream;

  Result<Page<TransitionRow>> after(std::int64_t seq);
  std::uint64_t generation();
  // Waits for up to a second, but not after something was published since `seen`. False once stopped.
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
