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
    closed_.push_back(std::move(at->second));
    at = senders_.erase(at);
  }
  std::erase_if(closed_, [](const auto& sender) { return !sender->busy; });
  for (const auto& [name, settings] : targets) {
    if (senders_.contains(name)) continue;
    auto sender = std::make_unique<Sender>();
    sender->settings = settings;
    sender->callee = std::make_unique<Callee>(settings.url);
    senders_.emplace(name, std::move(sender));
  }
}

void Notifier::post(const std::vector<Post>& posts) {
  std::vector<Posted> refused;
  std::vector<Sender*> woken;
  {
    const std::scoped_lock lock(mutex_);
    for (const Post& post : posts) {
      const auto found = senders_.find(post.message.target);
      if (found == senders_.end()) {
        refused.push_back({post.message.id, post.ticket,
                           Error{ErrorKind::not_applied, "the target is not in the configuration"}});
        continue;
      }
      Sender& sender = *found->second;
      sender.queue.push_back(post);
      if (!std::exchange(sender.busy, true)) woken.push_back(&sender);
    }
  }
  for (Posted& one : refused) sink_(std::move(one));
  for (Sender* sender : woken) launch(work(*sender), resume_at_once, [](Done) {});
}

// Empty: there is nothing more to do. From then on the sender may be gone, and this as well.
std::optional<Post> Notifier::next(Sender& sender) {
  const std::scoped_lock lock(mutex_);
  if (sender.queue.empty()) {
    sender.busy = false;
    changed_.notify_all();
    return std::nullopt;
  }
  Post post = std::move(sender.queue.front());
  sender.queue.pop_front();
  return post;
}

Task<Done> Notifier::work(Sender& sender) {
  while (const std::optional<Post> post = next(sender)) {
    const Wall now = wall_now();
    HttpRequest request = notice_request(post->message, instance_, sender.settings.secret, now);
    Status outcome = co_await sender.callee->call(std::move(request), call_limit, now);
    sink_({post->message.id, post->ticket, std::move(outcome)});
  }
  co_return Done{};
}

bool Notifier::idle() {
  const std::scoped_lock lock(mutex_);
  return std::none_of(senders_.begin(), senders_.end(),
                      [](const auto& entry) { return entry.second->busy; }) &&
         std::none_of(closed_.begin(), closed_.end(), [](const auto& sender) { return sender->busy; });
}

void Notifier::stop() {
  std::unique_lock lock(mutex_);
  for (auto& [name, sender] : senders_) closed_.push_back(std::move(sender));
  senders_.clear();
  // What was not begun is carried after the next start.
  for (const auto& sender : closed_) sender->queue.clear();
  changed_.wait(lock, [this] {
    return std::none_of(closed_.begin(), closed_.end(), [](const auto& sender) { return sender->busy; });
  });
  closed_.clear();
}

}  // namespace keeper
