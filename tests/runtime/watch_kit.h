// What the tests of nodes that share a database have in common: the log of this process in a file of a test's
// own, and how long something is waited for.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

#include "base/time.h"
#include "catch.h"
#include "runtime/log.h"

namespace keeper {

inline constexpr Millis patience = Seconds{30};

template <class Condition>
bool comes_true(Condition condition) {
  const Mono until = BootClock::now() + patience;
  while (!condition() && BootClock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  return condition();
}

inline std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Standard error, and so the log, goes into a file.
class CapturedLog {
 public:
  explicit CapturedLog(std::filesystem::path file) : file_(std::move(file)), kept_(::dup(STDERR_FILENO)) {
    const int to = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    REQUIRE(to >= 0);
    ::dup2(to, STDERR_FILENO);
    ::close(to);
  }
  ~CapturedLog() {
    flush_log(Seconds{1});
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string text() const {
    flush_log(Seconds{1});
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string line(const std::string& part) const {
    const std::string all = text();
    const std::size_t at = all.find(part);
    if (at == std::string::npos) return {};
    const std::size_t begin = all.rfind('\n', at) == std::string::npos ? 0 : all.rfind('\n', at) + 1;
    return all.substr(begin, all.find('\n', at) - begin);
  }

 private:
  const std::filesystem::path file_;
  const int kept_;
};

}  // namespace keeper
