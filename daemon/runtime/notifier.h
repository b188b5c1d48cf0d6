// Notifier: sends messages to the notification targets, to each one after the other. No thread waits for a
// target, and one that hangs delays no other. An order is tried once and gets exactly one answer; the core
// decides whether there is another try.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/task.h"
#include "core/event.h"
#include "net/callee.h"
#include "settings/settings.h"

namespace keeper {

class Notifier {
 public:
  // `sink` is called by any thread, and must be quick.
  Notifier(InstanceId instance, std::function<void(Posted)> sink);
  ~Notifier() { stop(); }
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Adds targets, or puts them in the place of those of the same name. Any thread.
  void install(const std::map<TargetName, TargetSettings>& targets);

  // Exactly one answer for each comes back. Loop thread.
  void post(const std::vector<Post>& posts);

  bool idle();

  // Waits for the calls under way, which end within their limit.
  void stop();

 private:
  struct Sender {
    TargetSettings settings;
    std::unique_ptr<Callee> callee;
    std::deque<Post> queue;
    bool busy = false;  // its work() is under way
  };

  Task<Done> work(Sender& sender);
  std::optional<Post> next(Sender& sender);

  const InstanceId instance_;
  const std::function<void(Posted)> sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TargetName, std::unique_ptr<Sender>> senders_;
  std::vector<std::unique_ptr<Sender>> closed_;  // they still carry what they have
};

}  // namespace keeper
