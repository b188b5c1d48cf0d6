#include "webhook/handshake_scheduler.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace keeper {

void HandshakeScheduler::schedule(std::function<void()> step, bool begun) {
  (begun ? begun_ : first_).push_back(std::move(step));
  if (!posted_) post_next();
}

void HandshakeScheduler::post_next() {
  posted_ = true;
  boost::asio::post(io_, [this] { run_next(); });
}

// The next step is posted before this one runs, because this one may throw.
void HandshakeScheduler::run_next() {
  posted_ = false;
  auto& waiting = begun_.empty() ? first_ : begun_;
  const std::function<void()> step = std::move(waiting.front());
  waiting.pop_front();
  if (!begun_.empty() || !first_.empty()) post_next();
  step();
}

}  // namespace keeper
