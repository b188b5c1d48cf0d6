#include "webhook/verification_queue.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "webhook/webhook_connection.h"

namespace keeper {

VerificationQueue::VerificationQueue(boost::asio::thread_pool& pool, std::size_t threads,
                                     const WebhookPorts& ports, std::shared_ptr<CompletionQueue> completions)
    : pool_(pool), threads_(threads), ports_(ports), completions_(std::move(completions)) {}

void VerificationQueue::push(std::shared_ptr<WebhookConnection> connection, std::uint64_t request_number,
                             bool authenticated) {
  {
    const std::scoped_lock lock(mutex_);
    (authenticated ? authenticated_ : unauthenticated_).push_back({std::move(connection), request_number});
    if (workers_ == threads_) return;
    ++workers_;
  }
  boost::asio::post(pool_, [self = shared_from_this()] { self->run_worker(); });
}

std::optional<VerificationQueue::Request> VerificationQueue::next() {
  const std::scoped_lock lock(mutex_);
  if (authenticated_.empty() && unauthenticated_.empty()) {
    --workers_;
    return std::nullopt;
  }
  const bool unauthenticated = authenticated_.empty() || (unauthenticated_turn_ && !unauthenticated_.empty());
  unauthenticated_turn_ = !unauthenticated;
  auto& waiting = unauthenticated ? unauthenticated_ : authenticated_;
  Request request = std::move(waiting.front());
  waiting.pop_front();
  return request;
}

void VerificationQueue::run_worker() {
  while (const auto request = next()) verify_and_deliver(*request);
}

void VerificationQueue::verify_and_deliver(const Request& request) {
  const std::weak_ptr<WebhookConnection> weak = request.connection;
  const std::uint64_t request_number = request.request_number;
  try {
    const WebhookVerdict& verdict = request.connection->verdict();
    const auto header = [&](std::string_view name) { return request.connection->header(name); };
    VerificationResult result = ports_.verify(verdict.provider, request.connection->body(), header);
    if (std::holds_alternative<Unauthorized>(result))
      return completions_->push({weak, request_number, Unauthorized{}});
    if (NotNow* not_now = std::get_if<NotNow>(&result)) {
      return completions_->push({weak, request_number, std::move(*not_now)});
    }
    if (Malformed* malformed = std::get_if<Malformed>(&result)) {
      return completions_->push({weak, request_number, std::move(*malformed)});
    }
    const auto done = [completions = completions_, weak, request_number](std::optional<Ack> ack) {
      completions->push({weak, request_number, ack ? WebhookOutcome(*ack) : WebhookOutcome(Unavailable{})});
    };
    if (ports_.deliver(std::get<Delivered>(std::move(result)), done)) return;
  } catch (const std::exception&) {
    // Out of memory. The sender gets 503 and sends the delivery again.
  }
  completions_->push({weak, request_number, Unavailable{}});
}

}  // namespace keeper
