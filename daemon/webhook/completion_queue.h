// Carries the outcomes of requests from the threads that verify and commit them to the listener's thread. The
// queue wakes that thread once for each batch and not for each outcome.
//
// Any thread may push, also after the listener has ended: then the outcome is dropped.
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
using WebhookOutcome = std::variant<Ack, Unauthorized, NotNow, Malformed, Unavailable>;

struct Completion {
  std::weak_ptr<WebhookConnection> connection;
  std::uint64_t request_number = 0;  // which request of that connection it answers
  WebhookOutcome outcome;
};

class CompletionQueue : public std::enable_shared_from_this<CompletionQueue> {
 public:
  explicit CompletionQueue(boost::asio::io_context& io) : io_(&io) {}

  void push(Completion item);
  // Drops what is queued and all that comes later. Call it before the io context is destroyed.
  void close();

 private:
  void dispatch();

  std::mutex mutex_;
  boost::asio::io_context* io_;
  std::vector<Completion> waiting_;
  std::vector<Completion>
      dispatched_;  // only the listener's thread uses it; a member, so that its memory is used again
};

}  // namespace keeper
