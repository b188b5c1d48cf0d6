// LogSink: writes log lines on a thread of its own, so that nobody who logs waits for a reader of the log. It
// holds the lines that are not written yet, up to `bytes_max`. A line for which there is no room is dropped
// and counted. A line `log_lines_dropped` says how many there were, in their place, once there is room again.
// Any thread may offer lines. An object may end while its thread waits for the reader; the thread ends later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/log.h"

namespace keeper {

class LogSink {
 public:
  // `write` is called on the sink's thread and may take as long as it likes. False: the line is lost.
  LogSink(std::size_t bytes_max, std::function<bool(const LogLine&)> write);
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // Never waits.
  void offer(LogLine line);

  // Waits until every line that was taken is written. False: they were not within `limit`.
  bool flush(Millis limit);

  // How many lines were lost since the beginning.
  std::uint64_t dropped() const;

 private:
  struct Queue;
  std::shared_ptr<Queue> queue_;
};

}  // namespace keeper
