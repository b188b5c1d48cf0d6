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
  for (auto at = senders_.begin(); at != senders_.end();) {
    const auto found = targets.find(at->first);
    if (found != targets.end() && found->second == at->second->settings) {
      ++at;
      continue;
    }
    close(std::move(at->second));
    at = senders_.erase(at);
  }
  for (const auto& [name, settings] : targets) {
    if (senders_.contains(name)) continue;
    auto sender = std::make_unique<Sender>();
    sender->settings = settings;
    sender->callee = std::make_unique<Callee>(settings.url);
    sender->thread = std::thread([this, &mine = *sender] { work(mine); });
    senders_.emplace(name, std::move(sender));
  }
}

// It still carries what it has. With the lock.
void Notifier::close(std::unique_ptr<Sender> sender) {
  sender->closed = true;
  closed_.push_back(std::move(sender));
  changed_.notify_all();
}

void Notifier::post(const std::vector<Post>& posts) {
  std::vector<Posted> refused;
  {
    const std::scoped_lock lock(mutex_);
    for (const Post& post : posts) {
      const auto sender = senders_.find(post.message.target);
      if (sender != senders_.end()) {
        sender->second->queue.push_back(post);
      } else {
        refused.push_back({post.message.id, post.ticket,
                           Error{ErrorKind::not_applied, "the target is not in the configuration"}});
      }
    }
    changed_.notify_all();
  }
  for (Posted& one : refused) sink_(std::move(one));
}

void Notifier::work(Sender& sender) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return sender.closed || !sender.queue.empty(); });
    if (sender.queue.empty()) return;
    const Post post = std::move(sender.queue.front());
    sender.queue.pop_front();
    sender.busy = true;
    lock.unlock();
    const Wall now = wall_now();
    Status outcome = sender.callee->call(notice_request(post.message, instance_, sender.settings.secret, now),
                                         call_limit, now);
    sink_({post.message.id, post.ticket, std::move(outcome)});
    lock.lock();
    sender.busy = false;
  }
}

bool Notifier::idle() {
  const std::scoped_lock lock(mutex_);
  const auto done = [](const std::unique_ptr<Sender>& sender) {
    return !sender->busy && sender->queue.empty();
  };
  return std::all_of(senders_.begin(), senders_.end(),
                     [&](const auto& entry) { return done(entry.second); }) &&
         std::all_of(closed_.begin(), closed_.end(), done);
}

void Notifier::stop() {
  std::vector<std::unique_ptr<Sender>> all;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, sender] : senders_) close(std::move(sender));
    senders_.clear();
    // What was not begun is carried after the next start.
    for (const auto& sender : closed_) sender->queue.clear();
    all = std::exchange(closed_, {});
  }
  for (const auto& sender : all) sender->thread.join();
}

}  // namespace keeper
