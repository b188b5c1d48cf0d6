#include "runtime/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <limits>

#include "base/check.h"

namespace keeper {
namespace {

sigset_t followed() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  return set;
}

Descriptor open_signals() {
  const sigset_t set = followed();
  KEEPER_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  KEEPER_CHECK(::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  // In the background of a terminal that has `tostop` set, a log line would stop the process.
  KEEPER_CHECK(::signal(SIGTTOU, SIG_IGN) != SIG_ERR);
  return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int poll_time(Mono until) {
  if (until == mono_never) return -1;
  const auto left = std::max(until - BootClock::now(), Millis{0});
  return static_cast<int>(std::min<Millis::rep>(left.count(), std::numeric_limits<int>::max()));
}

}  // namespace

Signals::Signals()
    : signals_(open_signals()),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  KEEPER_CHECK(signals_.valid() && event_.valid() && wake_.valid());
}

std::optional<Signal> Signals::wait(Mono until) {
  while (true) {
    std::array<pollfd, 3> fds{
        pollfd{signals_.get(), POLLIN, 0}, {event_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    const int ready = ::poll(fds.data(), fds.size(), poll_time(until));
    if (ready < 0) continue;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      return info.ssi_signo == SIGHUP ? Signal::reload : Signal::terminate;
    }
    if (fds[1].revents != 0) return std::nullopt;
    std::uint64_t wakes = 0;
    if (::read(wake_.get(), &wakes, sizeof wakes) == sizeof wakes) return Signal::wake;
    if (ready == 0 && BootClock::now() >= until) return std::nullopt;
  }
}

void Signals::interrupt() {
  const std::uint64_t one = 1;
  KEEPER_CHECK(::write(event_.get(), &one, sizeof one) == sizeof one);
}

void Signals::wake() {
  const std::uint64_t one = 1;
  KEEPER_CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);
}

}  // namespace keeper
