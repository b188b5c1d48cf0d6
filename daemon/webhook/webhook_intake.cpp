#include "webhook/webhook_intake.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "webhook/webhook_connection.h"

namespace keeper {

WebhookIntake::WebhookIntake(boost::asio::thread_pool& pool, std::size_t threads, const WebhookPorts& ports,
                             std::shared_ptr<WebhookReturns> returns)
    : pool_(pool), threads_(threads), ports_(ports), returns_(std::move(returns)) {}

void WebhookIntake::push(std::shared_ptr<WebhookConnection> connection, std::uint64_t ticket, bool trusted) {
  {
    const std::scoped_lock lock(mutex_);
    (trusted ? trusted_ : strangers_).push_back({std::move(connection), ticket});
    if (at_work_ == threads_) return;
    ++at_work_;
  }
  boost::asio::post(pool_, [self = shared_from_this()] { self->work(); });
}

std::optional<WebhookIntake::Request> WebhookIntake::next() {
  const std::scoped_lock lock(mutex_);
  if (trusted_.empty() && strangers_.empty()) {
    --at_work_;
    return std::nullopt;
  }
  const bool stranger = trusted_.empty() || (strangers_turn_ && !strangers_.empty());
  strangers_turn_ = !stranger;
  auto& waiting = stranger ? strangers_ : trusted_;
  Request request = std::move(waiting.front());
  waiting.pop_front();
  return request;
}

void WebhookIntake::work() {
  while (const auto request = next()) carry(*request);
}

void WebhookIntake::carry(const Request& request) {
  const std::weak_ptr<WebhookConnection> weak = request.connection;
  const std::uint64_t ticket = request.ticket;
  try {
    const WebhookVerdict& verdict = request.connection->verdict();
    Intake intake = ports_.intake(verdict.provider, request.connection->body(), verdict.signature);
    if (std::holds_alternative<Unauthorized>(intake)) return returns_->push({weak, ticket, Unauthorized{}});
    if (Malformed* malformed = std::get_if<Malformed>(&intake)) {
      return returns_->push({weak, ticket, std::move(*malformed)});
    }
    const auto done = [returns = returns_, weak, ticket](std::optional<Ack> ack) {
      returns->push({weak, ticket, ack ? WebhookOutcome(*ack) : WebhookOutcome(Unavailable{})});
    };
    if (ports_.deliver(std::get<Delivered>(std::move(intake)), done)) return;
  } catch (const std::exception&) {
    // Out of memory: the sender is told to come again, which is all that is left to do.
  }
  returns_->push({weak, ticket, Unavailable{}});
}

}  // namespace keeper
