// Complete requests on their way to the threads that verify them, which take one after the other as long as there are
// any: under load nobody is woken for a single one. Where both wait, they take turns between clients that delivered
// before and strangers, whose forgeries cost as much as the real thing. push: the listener's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include <boost/asio/thread_pool.hpp>

#include "webhook/webhook_ports.h"
#include "webhook/completion_queue.h"

namespace keeper {

class VerificationQueue : public std::enable_shared_from_this<VerificationQueue> {
 public:
  VerificationQueue(boost::asio::thread_pool& pool, std::size_t threads, const WebhookPorts& ports,
                std::shared_ptr<CompletionQueue> completions);

  void push(std::shared_ptr<WebhookConnection> connection, std::uint64_t request_number, bool authenticated);

 private:
  struct Request {
    std::shared_ptr<WebhookConnection> connection;
    std::uint64_t request_number = 0;
  };

  std::optional<Request> next();
  void run_worker();
  void verify_and_deliver(const Request& request);

  boost::asio::thread_pool& pool_;
  const std::size_t threads_;
  const WebhookPorts& ports_;
  const std::shared_ptr<CompletionQueue> completions_;
  std::mutex mutex_;
  std::deque<Request> authenticated_, unauthenticated_;
  bool unauthenticated_turn_ = false;
  std::size_t workers_ = 0;  // threads
};

}  // namespace keeper
