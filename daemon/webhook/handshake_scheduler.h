// TLS handshakes, the dearest thing that a stranger can ask for: one step of one of them at a time, and between two of
// them whoever else is ready has his turn. Those whose client has answered the server's first message come first: it has
// done its own part of the work. The listener's thread only; must outlive the io context's last handler.
#pragma once

#include <deque>
#include <functional>

#include <boost/asio/io_context.hpp>

namespace keeper {

class HandshakeScheduler {
 public:
  explicit HandshakeScheduler(boost::asio::io_context& io) : io_(io) {}

  // Called later, in the order in which they came; `begun`: the client's first message was answered.
  void schedule(std::function<void()> step, bool begun);

 private:
  void post_next();
  void run_next();

  boost::asio::io_context& io_;
  std::deque<std::function<void()>> begun_, first_;
  bool posted_ = false;
};

}  // namespace keeper
