#include "webhook/handshake_queue.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace keeper {

void HandshakeQueue::push(std::function<void()> step, bool begun) {
  (begun ? begun_ : first_).push_back(std::move(step));
  if (!armed_) arm();
}

void HandshakeQueue::arm() {
  armed_ = true;
  boost::asio::post(io_, [this] { next(); });
}

// The following one is armed first, because a step may throw.
void HandshakeQueue::next() {
  armed_ = false;
  auto& waiting = begun_.empty() ? first_ : begun_;
  const std::function<void()> step = std::move(waiting.front());
  waiting.pop_front();
  if (!begun_.empty() || !first_.empty()) arm();
  step();
}

}  // namespace keeper
