// The way back from the threads that verify and commit to the listener's thread: a queue that wakes it once
// per batch. push: any thread, also after the listener is gone, when what comes is dropped.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "webhook/webhook_ports.h"

namespace keeper {

class WebhookConnection;

struct Unavailable {};
using WebhookOutcome = std::variant<Ack, Unauthorized, Malformed, Unavailable>;

struct Completion {
  std::weak_ptr<WebhookConnection> connection;
  std::uint64_t request_number = 0;  // the request of the connection that it answers
  WebhookOutcome outcome;
};

class CompletionQueue : public std::enable_shared_from_this<CompletionQueue> {
 public:
  explicit CompletionQueue(boost::asio::io_context& io) : io_(&io) {}

  void push(Completion item);
  // Before the io context goes.
  void close();

 private:
  void dispatch();

  std::mutex mutex_;
  boost::asio::io_context* io_;
  std::vector<Completion> waiting_;
  std::vector<Completion> dispatched_;  // the listener's thread only; kept for its memory
};

}  // namespace keeper
