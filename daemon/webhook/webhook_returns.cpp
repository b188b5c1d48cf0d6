#include "webhook/webhook_returns.h"

#include <boost/asio/post.hpp>

#include "webhook/webhook_connection.h"

namespace keeper {

void WebhookReturns::push(WebhookReturn item) {
  const std::scoped_lock lock(mutex_);
  if (io_ == nullptr) return;
  waiting_.push_back(std::move(item));
  if (waiting_.size() == 1) {
    boost::asio::post(*io_, [self = shared_from_this()] { self->hand_out(); });
  }
}

void WebhookReturns::close() {
  const std::scoped_lock lock(mutex_);
  io_ = nullptr;
  waiting_.clear();
}

void WebhookReturns::hand_out() {
  handed_.clear();
  {
    const std::scoped_lock lock(mutex_);
    handed_.swap(waiting_);
  }
  for (WebhookReturn& item : handed_) {
    if (const auto connection = item.connection.lock()) {
      connection->returned(item.ticket, std::move(item.outcome));
    }
  }
}

}  // namespace keeper
