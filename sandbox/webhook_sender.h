// Signs VideoSDK's webhooks and delivers them, with retries, from threads of its own.
// Any thread; a session's deliveries keep their order unless told otherwise. Follows real time, not the
// sandbox's clock; a delivery that cannot be made is given up and stays in the log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/clock.h"
#include "sandbox/signer.h"
#include "sandbox/webhook_settings.h"

namespace httplib {
class Client;
}

namespace sandbox {

class WebhookSender {
 public:
  explicit WebhookSender(const Clock& clock);
  ~WebhookSender();
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  // `suffix` is starting, started, stopping, stopped or failed; sent for events subscribed to.
  void send(const std::string& session_id, const std::string& endpoint,
            const std::vector<std::string>& events, const std::string& suffix);
  std::optional<std::string> configure(const Json& wanted);
  // As the key endpoint gives it.
  std::string public_key() const;
  // {"settings": …, "deliveries": [...]}, oldest first.
  Json describe() const;
  // Ends the threads; what was not delivered stays undelivered.
  void stop();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Delivery {
    std::uint64_t seq;
    std::string type;
    std::string remote_id;
    std::string url;
    std::string body;
    std::string signature;
    Time created_at;
    int attempts = 0;
    int last_status = 0;
    std::string outcome = "waiting";
  };
  struct Lane {
    std::set<std::pair<Moment, std::uint64_t>> queue;
    std::condition_variable wake;
    // One kept connection for each origin; used by the lane's thread alone.
    std::map<std::string, std::unique_ptr<httplib::Client>> clients;
    httplib::Client* calling = nullptr;
    std::thread thread;
  };

  void run(Lane& lane);
  void attempt(Lane& lane, std::unique_lock<std::mutex>& lock, std::uint64_t seq);
  void enqueue(const std::string& type, const std::string& session_id, const std::string& endpoint);
  void put(Lane& lane, Delivery delivery, std::chrono::milliseconds delay);
  bool chance(double probability) { return probability > 0 && random_.uniform() < probability; }
  Lane& lane_of(const std::string& session_id);
  Delivery* find(std::uint64_t seq);

  const Clock& clock_;
  mutable std::mutex mutex_;
  WebhookSettings settings_;
  Ids random_{1};
  std::shared_ptr<const Signer> signer_;
  std::deque<Delivery> log_;
  std::uint64_t next_seq_ = 1;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace sandbox
