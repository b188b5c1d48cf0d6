// Runs TLS handshakes of the webhook listener one step at a time. A handshake step costs more than anything
// else that an unauthenticated client can ask for. Therefore other work of the io context runs between two
// steps. A handshake whose client has answered the server's first message goes before one that has just
// begun, because that client has done its own share of the computation.
//
// Only the listener's thread uses it. It must outlive the last task of the io context.
#pragma once

#include <deque>
#include <functional>

#include <boost/asio/io_context.hpp>

namespace keeper {

class HandshakeScheduler {
 public:
  explicit HandshakeScheduler(boost::asio::io_context& io) : io_(io) {}

  // Runs `step` later, never within this call. Steps of the same kind run in the order in which they were
  // scheduled. `begun` says that the client has answered the server's first message.
  void schedule(std::function<void()> step, bool begun);

 private:
  void post_next();
  void run_next();

  boost::asio::io_context& io_;
  std::deque<std::function<void()>> begun_, first_;
  bool posted_ = false;
};

}  // namespace keeper
