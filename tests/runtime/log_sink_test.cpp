#include "runtime/log_sink.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "catch.h"

namespace keeper {
namespace {

// A reader of the log that takes nothing while it is stopped.
struct Reader {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  bool asked = false;  // a line was brought
  std::vector<LogLine> lines;

  bool take(const LogLine& line) {
    std::unique_lock lock(mutex);
    asked = true;
    changed.notify_all();
    changed.wait(lock, [this] { return !stopped; });
    lines.push_back(line);
    return true;
  }
  void stop(bool stops) {
    const std::scoped_lock lock(mutex);
    stopped = stops;
    changed.notify_all();
  }
  void wait_asked() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return asked; });
  }
};

LogLine line_of(const std::string& what) { return {Level::info, what, {{"key", "value"}}, Wall{Seconds{1}}}; }

constexpr std::size_t room = std::size_t{20} * 1024;

TEST_CASE("lines are written in their order") {
  const auto reader = std::make_shared<Reader>();
  LogSink sink(room, [reader](const LogLine& line) { return reader->take(line); });
  for (const char* what : {"a", "b", "c"}) sink.offer(line_of(what));
  REQUIRE(sink.flush(Seconds{10}));
  REQUIRE(reader->lines.size() == 3);
  CHECK(reader->lines[0].what == "a");
  CHECK(reader->lines[2].what == "c");
  CHECK(reader->lines[1].fields == LogFields{{"key", "value"}});
  CHECK(sink.dropped() == 0);
}

TEST_CASE("who logs never waits for the reader of the log, and what is dropped is told in its place") {
  const auto reader = std::make_shared<Reader>();
  reader->stop(true);
  LogSink sink(room, [reader](const LogLine& line) { return reader->take(line); });
  constexpr std::size_t offered = 1000;
  sink.offer(line_of("first"));
  reader->wait_asked();  // so that the sink's thread takes no line while the queue fills
  for (std::size_t i = 1; i < offered; ++i) sink.offer(line_of(std::to_string(i)));
  const std::size_t dropped = sink.dropped();
  CHECK(dropped > 0);
  CHECK(dropped < offered);
  CHECK_FALSE(sink.flush(Millis{50}));
  reader->stop(false);
  REQUIRE(sink.flush(Seconds{10}));
  REQUIRE(reader->lines.size() == offered - dropped + 1);
  CHECK(reader->lines.back().what == "log_lines_dropped");
  CHECK(reader->lines.back().fields.front() ==
        std::pair<std::string, std::string>("lines", std::to_string(dropped)));
  sink.offer(line_of("after"));
  REQUIRE(sink.flush(Seconds{10}));
  CHECK(reader->lines.back().what == "after");
  CHECK(sink.dropped() == dropped);
}

TEST_CASE("a sink ends while its reader takes nothing") {
  const auto reader = std::make_shared<Reader>();
  reader->stop(true);
  {
    LogSink sink(room, [reader](const LogLine& line) { return reader->take(line); });
    sink.offer(line_of("a"));
  }
  reader->stop(false);
  CHECK(reader.use_count() >= 1);
}

TEST_CASE("a line that cannot be written is counted as dropped") {
  LogSink sink(room, [](const LogLine&) { return false; });
  sink.offer(line_of("a"));
  REQUIRE(sink.flush(Seconds{10}));
  CHECK(sink.dropped() == 1);
}

}  // namespace
}  // namespace keeper
