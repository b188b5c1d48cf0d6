#include "runtime/log_sink.h"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/thread_name.h"

namespace keeper {
namespace {

std::size_t size_of(const LogLine& line) {
  std::size_t bytes = sizeof line + line.what.size();
  for (const auto& [key, value] : line.fields) bytes += sizeof key + sizeof value + key.size() + value.size();
  return bytes;
}

LogLine dropped_line(std::uint64_t lines, Wall at) {
  return {Level::warning,
          "log_lines_dropped",
          {{"lines", std::to_string(lines)}, {"reason", "nobody read the log"}},
          at};
}

}  // namespace

struct LogSink::Queue {
  Queue(std::size_t most, std::function<bool(const LogLine&)> write_line)
      : bytes_max(most), write(std::move(write_line)) {}

  void run();
  std::optional<LogLine> next();

  const std::size_t bytes_max;
  const std::function<bool(const LogLine&)> write;
  std::atomic<std::uint64_t> dropped{0};
  std::mutex mutex;
  std::condition_variable filled;
  std::condition_variable emptied;
  std::deque<LogLine> lines;
  std::size_t bytes = 0;
  std::uint64_t untold = 0;  // dropped, and no line says so yet
  Wall dropped_at{};
  bool writing = false;
  bool ended = false;
};

// Empty: the sink has ended.
std::optional<LogLine> LogSink::Queue::next() {
  std::unique_lock lock(mutex);
  writing = false;
  if (lines.empty() && untold == 0) emptied.notify_all();
  filled.wait(lock, [this] { return ended || !lines.empty() || untold > 0; });
  if (ended) return std::nullopt;
  writing = true;
  if (lines.empty()) return dropped_line(std::exchange(untold, 0), dropped_at);
  LogLine line = std::move(lines.front());
  lines.pop_front();
  bytes -= size_of(line);
  return line;
}

void LogSink::Queue::run() {
  while (const std::optional<LogLine> line = next()) {
    if (!write(*line)) ++dropped;
  }
}

LogSink::LogSink(std::size_t bytes_max, std::function<bool(const LogLine&)> write)
    : queue_(std::make_shared<Queue>(bytes_max, std::move(write))) {
  // Signals are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([queue = queue_] {
    name_thread("log");
    queue->run();
  }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogSink::~LogSink() {
  const std::scoped_lock lock(queue_->mutex);
  queue_->ended = true;
  queue_->filled.notify_all();
}

void LogSink::offer(LogLine line) {
  const std::scoped_lock lock(queue_->mutex);
  const std::size_t bytes = size_of(line);
  if (queue_->bytes + bytes > queue_->bytes_max) {
    ++queue_->dropped;
    ++queue_->untold;
    queue_->dropped_at = line.at;
    return;
  }
  if (queue_->untold > 0) {
    queue_->lines.push_back(dropped_line(std::exchange(queue_->untold, 0), queue_->dropped_at));
    queue_->bytes += size_of(queue_->lines.back());
  }
  queue_->bytes += bytes;
  queue_->lines.push_back(std::move(line));
  queue_->filled.notify_all();
}

bool LogSink::flush(Millis limit) {
  std::unique_lock lock(queue_->mutex);
  return queue_->emptied.wait_for(
      lock, limit, [this] { return queue_->lines.empty() && queue_->untold == 0 && !queue_->writing; });
}

std::uint64_t LogSink::dropped() const { return queue_->dropped; }

}  // namespace keeper
