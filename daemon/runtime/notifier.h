// Notifier: sends messages to the notification targets. Each target has a thread of its own, so that one that
// hangs delays no other. An order is tried once and gets exactly one answer; the core decides whether there
// is another try.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/event.h"
#include "net/callee.h"
#include "settings/settings.h"

namespace keeper {

class Notifier {
 public:
  // `sink` is called on the targets' threads.
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
    std::thread thread;
    bool busy = false;
    bool closed = false;
  };

  void work(Sender& sender);
  void close(std::unique_ptr<Sender> sender);

  const InstanceId instance_;
  const std::function<void(Posted)> sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TargetName, std::unique_ptr<Sender>> senders_;
  std::vector<std::unique_ptr<Sender>> closed_;
};

}  // namespace keeper
