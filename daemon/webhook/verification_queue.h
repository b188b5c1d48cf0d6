// Queues complete requests for the threads that verify their signatures. A thread goes on to the next request
// as long as there is one, so that under load no thread is woken for a single request.
//
// A forged request costs as much to verify as a genuine one. Therefore requests of authenticated connections
// and those of all others are two queues, and the threads alternate between them while both have requests.
// Each queue is first in, first out.
//
// Only the listener's thread pushes. The threads of the pool call `verify` and `deliver` of the ports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include <boost/asio/thread_pool.hpp>

#include "webhook/completion_queue.h"
#include "webhook/webhook_ports.h"

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
