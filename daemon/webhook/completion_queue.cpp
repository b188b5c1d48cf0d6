#include "webhook/completion_queue.h"

#include <boost/asio/post.hpp>

#include "webhook/webhook_connection.h"

namespace keeper {

void CompletionQueue::push(Completion item) {
  const std::scoped_lock lock(mutex_);
  if (io_ == nullptr) return;
  waiting_.push_back(std::move(item));
  if (waiting_.size() == 1) {
    boost::asio::post(*io_, [self = shared_from_this()] { self->dispatch(); });
  }
}

void CompletionQueue::close() {
  const std::scoped_lock lock(mutex_);
  io_ = nullptr;
  waiting_.clear();
}

void CompletionQueue::dispatch() {
  dispatched_.clear();
  {
    const std::scoped_lock lock(mutex_);
    dispatched_.swap(waiting_);
  }
  for (Completion& item : dispatched_) {
    if (const auto connection = item.connection.lock()) {
      connection->complete(item.request_number, std::move(item.outcome));
    }
  }
}

}  // namespace keeper
