// Transport: one connected socket, plain or with TLS. Every operation ends by its deadline, whatever the
// other side does, and the object knows whether anything was sent. One thread at a time may use it. The
// caller closes the socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/resolver.h"
#include "net/tls.h"

namespace keeper {

class Transport {
 public:
  // Tries the addresses in turn. `tls`: null for plain TCP. On failure: false, and failure() says why.
  bool open(const std::vector<Endpoint>& endpoints, SSL_CTX* tls, const std::string& host,
            CallDeadline deadline);

  // Bytes read, at least one; 0 at an orderly end; -1 on failure.
  ssize_t read(char* to, std::size_t bytes_max, CallDeadline deadline);
  bool write(std::string_view bytes, CallDeadline deadline);
  bool has_sent() const { return sent_; }  // anything since open() or forget_sent()
  void forget_sent() { sent_ = false; }

  // True while the other side has neither closed a kept connection nor said anything on it unasked.
  bool is_quiet();

  // Drops TLS without a word, since a write could raise SIGPIPE; the socket is the caller's to close.
  void end();

  int socket() const { return socket_; }
  const std::string& failure() const { return failure_; }

 private:
  bool connect(const Endpoint& endpoint, CallDeadline deadline);
  bool shake_hands(SSL_CTX* tls, const std::string& host, CallDeadline deadline);
  bool wait(short events, CallDeadline deadline);
  bool wait_for_tls(int result, CallDeadline deadline);
  bool fail(std::string why);

  int socket_ = -1;
  Ssl ssl_;
  bool sent_ = false;
  std::string failure_;
};

}  // namespace keeper
