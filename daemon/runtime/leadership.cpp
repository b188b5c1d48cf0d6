#include "runtime/leadership.h"

#include <utility>

#include "base/thread_name.h"

namespace keeper {
namespace {

// Leaves an answer more than half of a confirmation's life to come.
constexpr Millis renewed_every = Confirmation::life * 2 / 5;

Error refused(const std::string& why) { return {ErrorKind::not_applied, why + ", so nothing was sent"}; }

}  // namespace

Leadership::Leadership(Ports ports) : ports_(std::move(ports)), thread_([this] { work(); }) {}

Leadership::~Leadership() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  for (const Waiting& one : waiting_) one.then(refused("the daemon is ending"));
}

void Leadership::confirm(Told then) {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back({BootClock::now(), std::move(then)});
  }
  changed_.notify_all();
}

// Whether a question is to be sent now; else waits until something changes.
bool Leadership::is_due(std::unique_lock<std::mutex>& lock) {
  if (!waiting_.empty()) return true;
  std::erase_if(held_, [](const auto& one) { return one.expired(); });
  if (held_.empty()) {
    changed_.wait(lock);
    return false;
  }
  const Millis left = asked_at_ + renewed_every - BootClock::now();
  if (left <= Millis{}) return true;
  changed_.wait_for(lock, left);
  return false;
}

void Leadership::work() {
  name_thread("leadership");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!is_due(lock)) continue;
    const std::vector<Waiting> waiting = std::exchange(waiting_, {});
    lock.unlock();
    ask_for(waiting);
    lock.lock();
  }
}

void Leadership::ask_for(const std::vector<Waiting>& waiting) {
  asked_at_ = BootClock::now();
  const Result<std::optional<Mono>> answer = ports_.ask();
  for (const auto& one : held_) {
    const std::shared_ptr<Confirmation> held = one.lock();
    if (!held || !answer) continue;
    if (*answer) {
      held->renew(**answer, ports_.lead_until());
    } else {
      held->withdraw();
    }
  }
  for (const Waiting& one : waiting) {
    const bool is_late = BootClock::now() - one.since > ports_.patience;
    one.then(is_late ? refused("the store did not answer in time") : confirmation(answer));
  }
}

Result<std::shared_ptr<Confirmation>> Leadership::confirmation(const Result<std::optional<Mono>>& answer) {
  if (!answer)
    return refused("the store did not say whether this process still leads: " + answer.error().what);
  if (!*answer) return refused("this process does not lead any more");
  const auto given = std::make_shared<Confirmation>(**answer, ports_.lead_until());
  if (!given->admits(BootClock::now()))
    return refused("the store's word that this process leads came too late");
  held_.push_back(given);
  return given;
}

}  // namespace keeper
