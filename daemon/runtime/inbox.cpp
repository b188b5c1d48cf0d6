#include "runtime/inbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "base/check.h"

namespace keeper {
namespace {

// Makes a non-blocking event or timer descriptor unreadable; what it counted does not matter.
void read_off(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(fd, &count, sizeof count);
}

itimerspec absolute(Mono time) {
  const auto since = time.time_since_epoch();
  const auto whole = std::chrono::duration_cast<Seconds>(since);
  itimerspec spec{};
  spec.it_value.tv_sec = whole.count();
  spec.it_value.tv_nsec = std::chrono::nanoseconds(since - whole).count();
  // All zero would disarm it.
  if (spec.it_value.tv_sec <= 0 && spec.it_value.tv_nsec <= 0) spec.it_value.tv_nsec = 1;
  return spec;
}

bool is_delivery(const Item& item) { return std::holds_alternative<Delivered>(item.event); }

}  // namespace

Inbox::Inbox(std::size_t deliveries_max)
    : deliveries_max_(deliveries_max),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      step_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
  KEEPER_CHECK(event_.valid() && timer_.valid() && step_.valid());
  arm_step();
}

// A timer in the far future that the kernel cancels when the wall clock is set.
void Inbox::arm_step() {
  itimerspec spec{};
  spec.it_value.tv_sec = std::numeric_limits<time_t>::max();
  KEEPER_CHECK(::timerfd_settime(step_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr) ==
               0);
}

void Inbox::signal(Queue& queue) const {
  if (queue.signalled) return;
  queue.signalled = true;
  const std::uint64_t one = 1;
  KEEPER_CHECK(::write(event_.get(), &one, sizeof one) == sizeof one);
}

void Inbox::drain(Queue& queue) const {
  if (!queue.signalled) return;
  queue.signalled = false;
  read_off(event_.get());
}

bool Inbox::offer(Delivered delivered, Receipt receipt) {
  return queue_.with([&](Queue& queue) {
    if (!queue.accepting || queue.deliveries >= deliveries_max_) return false;
    ++queue.deliveries;
    queue.items.push_back({std::move(delivered), std::move(receipt)});
    signal(queue);
    return true;
  });
}

void Inbox::post(Event event, Receipt receipt, std::shared_ptr<Claim> claim) {
  queue_.with([&](Queue& queue) {
    queue.items.push_back({std::move(event), std::move(receipt), std::move(claim)});
    if (is_delivery(queue.items.back())) ++queue.deliveries;
    signal(queue);
  });
}

void Inbox::put_back(std::vector<Item> items) {
  if (items.empty()) return;
  queue_.with([&](Queue& queue) {
    for (const Item& item : items) {
      if (is_delivery(item)) ++queue.deliveries;
    }
    queue.items.insert(queue.items.begin(), std::make_move_iterator(items.begin()),
                       std::make_move_iterator(items.end()));
    signal(queue);
  });
}

void Inbox::ask(Query query) {
  queue_.with([&](Queue& queue) {
    queue.queries.push_back(std::move(query));
    queue.woken = true;
    signal(queue);
  });
}

std::vector<Query> Inbox::take_queries() {
  return queue_.with([](Queue& queue) { return std::exchange(queue.queries, {}); });
}

void Inbox::accept_deliveries(bool accept) {
  queue_.with([&](Queue& queue) { queue.accepting = accept; });
}

std::vector<Item> Inbox::take(std::size_t items_max) {
  return queue_.with([&](Queue& queue) {
    std::vector<Item> taken;
    while (!queue.items.empty() && taken.size() < items_max) {
      Item item = std::move(queue.items.front());
      queue.items.pop_front();
      if (is_delivery(item)) --queue.deliveries;
      if (!item.claim || item.claim->take()) taken.push_back(std::move(item));
    }
    return taken;
  });
}

void Inbox::wake() {
  queue_.with([&](Queue& queue) {
    queue.woken = true;
    signal(queue);
  });
}

bool Inbox::over() {
  return queue_.with([&](Queue& queue) {
    drain(queue);
    const bool woken = std::exchange(queue.woken, false);
    return woken || !queue.items.empty();
  });
}

void Inbox::wait(Mono until) {
  if (over()) return;
  if (until != armed_) {
    const itimerspec spec = until == mono_never ? itimerspec{} : absolute(until);
    KEEPER_CHECK(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
    armed_ = until;
  }
  while (true) {
    std::array<pollfd, 3> fds{
        pollfd{event_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}, {step_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) {
      read_off(timer_.get());
      armed_ = mono_never;
      return;
    }
    if (fds[2].revents != 0) {
      read_off(step_.get());
      arm_step();
      return;
    }
    if (over()) return;
  }
}

std::size_t Inbox::size() {
  return queue_.with([](Queue& queue) { return queue.items.size(); });
}

}  // namespace keeper
