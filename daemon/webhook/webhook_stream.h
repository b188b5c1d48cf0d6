// The bytes of one client of the webhook listener, plain or in TLS, whose handshake is part of the first read.
// The listener's thread only, with SIGPIPE blocked. Whoever waits for a read or a write keeps the stream alive.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "webhook/handshake_scheduler.h"

namespace keeper {

class WebhookStream {
 public:
  using Done = std::function<void(boost::system::error_code, std::size_t)>;

  // `tls`: null for plain text.
  WebhookStream(boost::asio::ip::tcp::socket socket, SSL_CTX* tls, HandshakeScheduler& handshakes);

  // One at a time.
  template <class Handler>
  void read_some(boost::asio::mutable_buffer into, Handler done) {
    if (!ssl_) return socket_.async_read_some(into, std::move(done));
    read_tls(into, Done(std::move(done)));
  }

  // All of `bytes`, which stay where they are until then.
  template <class Handler>
  void write(const std::string& bytes, Handler done) {
    if (!ssl_) return boost::asio::async_write(socket_, boost::asio::buffer(bytes), std::move(done));
    write_tls(bytes, Done(std::move(done)));
  }

  // What comes as it comes, for nobody reads it.
  template <class Handler>
  void read_discarded(boost::asio::mutable_buffer into, Handler done) {
    socket_.async_read_some(into, std::move(done));
  }

  // A few bytes on a connection that has sent nothing yet: they always fit its send buffer. False: it is broken.
  bool send_now(std::string_view bytes);

  // Whether bytes have come that were not read yet.
  bool has_waiting() const;

  // Nothing more will be sent. False: it is broken.
  bool finish();
  void close();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  void read_tls(boost::asio::mutable_buffer into, Done done);
  void read_now(boost::asio::mutable_buffer into, Done done);
  void write_tls(const std::string& bytes, Done done);
  // After a call that did not go through: once more when the socket is ready for what it waits for.
  void retry(int result, Done done, std::function<void(Done)> again);
  void complete(Done done, boost::system::error_code failed, std::size_t bytes);
  void send_close_notify();

  boost::asio::ip::tcp::socket socket_;
  HandshakeScheduler* handshakes_;
  std::unique_ptr<SSL, Free> ssl_;
  bool broken_ = false;  // TLS failed or is over: nothing more may be said in it
};

}  // namespace keeper
