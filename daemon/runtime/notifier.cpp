#include "runtime/notifier.h"

#include <algorithm>
#include <utility>

#include "runtime/notice_request.h"

namespace keeper {
namespace {

// Receivers are expected to answer within 15 to 30 s.
constexpr Millis call_limit = Seconds{15};

}  // namespace

Notifier::Notifier(InstanceId instance, std::function<void(Posted)> sink)
    : instance_(std::move(instance)), sink_(std::move(sink)) {}

void Notifier::install(const std::map<TargetName, TargetSettings>& targets) {
  const std::scoped_lock lock(mutex_);
  for (auto at = desks_.begin(); at != desks_.end();) {
    const auto found = targets.find(at->first);
    if (found != targets.end() && found->second == at->second->settings) {
      ++at;
      continue;
    }
    close(std::move(at->second));
    at = desks_.erase(at);
  }
  for (const auto& [name, settings] : targets) {
    if (desks_.contains(name)) continue;
    auto desk = std::make_unique<Desk>();
    desk->settings = settings;
    desk->callee = std::make_unique<Callee>(settings.url);
    desk->thread = std::thread([this, &mine = *desk] { work(mine); });
    desks_.emplace(name, std::move(desk));
  }
}

// It still carries what it has. With the lock.
void Notifier::close(std::unique_ptr<Desk> desk) {
  desk->closed = true;
  closed_.push_back(std::move(desk));
  changed_.notify_all();
}

void Notifier::post(const std::vector<Post>& posts) {
  std::vector<Posted> refused;
  {
    const std::scoped_lock lock(mutex_);
    for (const Post& post : posts) {
      const auto desk = desks_.find(post.message.target);
      if (desk != desks_.end()) {
        desk->second->queue.push_back(post);
      } else {
        refused.push_back({post.message.id, post.ticket,
                           Error{ErrorKind::not_applied, "the target is not in the configuration"}});
      }
    }
    changed_.notify_all();
  }
  for (Posted& one : refused) sink_(std::move(one));
}

void Notifier::work(Desk& desk) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return desk.closed || !desk.queue.empty(); });
    if (desk.queue.empty()) return;
    const Post post = std::move(desk.queue.front());
    desk.queue.pop_front();
    desk.busy = true;
    lock.unlock();
    const Wall now = wall_now();
    Status outcome = desk.callee->call(notice_request(post.message, instance_, desk.settings.secret, now),
                                       call_limit, now);
    sink_({post.message.id, post.ticket, std::move(outcome)});
    lock.lock();
    desk.busy = false;
  }
}

bool Notifier::idle() {
  const std::scoped_lock lock(mutex_);
  const auto done = [](const std::unique_ptr<Desk>& desk) { return !desk->busy && desk->queue.empty(); };
  return std::all_of(desks_.begin(), desks_.end(), [&](const auto& entry) { return done(entry.second); }) &&
         std::all_of(closed_.begin(), closed_.end(), done);
}

void Notifier::stop() {
  std::vector<std::unique_ptr<Desk>> all;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, desk] : desks_) close(std::move(desk));
    desks_.clear();
    // What was not begun is carried after the next start.
    for (const auto& desk : closed_) desk->queue.clear();
    all = std::exchange(closed_, {});
  }
  for (const auto& desk : all) desk->thread.join();
}

}  // namespace keeper
