#include "base/check.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "base/planted.h"
#include "base/result.h"

namespace keeper {
namespace {

std::atomic<void (*)()> before_abort{nullptr};

// A reader of standard error that has stopped must not keep the process from ending.
[[maybe_unused]] void say(const std::string& text) {
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void set_before_abort(void (*call)()) { before_abort = call; }

void check_failed(const char* condition, const char* file, int line) {
#ifdef KEEPER_PLANTED_BUGS
  throw CheckFailed{std::string(condition) + " (" + file + ":" + std::to_string(line) + ")"};
#else
  say(std::string(file) + ":" + std::to_string(line) + ": invariant broken: " + condition + "\n");
  if (void (*call)() = before_abort.exchange(nullptr)) call();
  std::abort();
#endif
}

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_applied:
      return "not_applied";
    case ErrorKind::maybe_applied:
      return "maybe_applied";
    case ErrorKind::gone:
      return "gone";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::exhausted:
      return "exhausted";
    case ErrorKind::malformed:
      return "malformed";
    case ErrorKind::storage:
      return "storage";
    case ErrorKind::cut_off:
      return "cut_off";
  }
  check_failed("a known ErrorKind", __FILE__, __LINE__);
}

}  // namespace keeper
