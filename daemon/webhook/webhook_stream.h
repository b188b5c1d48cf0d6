// The byte stream of one client, in plain text or in TLS. A TLS handshake is part of the first read.
//
// Only the listener's thread uses it, with SIGPIPE blocked. The stream does not own itself: whoever waits for
// a read or a write must keep it alive until then.
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

  // `tls` is null for plain text.
  WebhookStream(boost::asio::ip::tcp::socket socket, SSL_CTX* tls, HandshakeScheduler& handshakes);

  // Reads what has come, at least one byte. One read at a time.
  template <class Handler>
  void read_some(boost::asio::mutable_buffer into, Handler done) {
    if (!ssl_) return socket_.async_read_some(into, std::move(done));
    read_tls(into, Done(std::move(done)));
  }

  // Writes all of `bytes`, which must stay unchanged until `done` is called.
  template <class Handler>
  void write(const std::string& bytes, Handler done) {
    if (!ssl_) return boost::asio::async_write(socket_, boost::asio::buffer(bytes), std::move(done));
    write_tls(bytes, Done(std::move(done)));
  }

  // Reads to throw away, without decrypting.
  template <class Handler>
  void read_discarded(boost::asio::mutable_buffer into, Handler done) {
    socket_.async_read_some(into, std::move(done));
  }

  // Sends a few bytes at once. Only for a connection that has no write under way, where they always fit the
  // send buffer. False where the connection is broken.
  bool send_now(std::string_view bytes);

  // True where bytes have come that were not read yet.
  bool has_waiting() const;

  // Ends the sending direction. False where the connection is broken.
  bool finish();
  void close();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  void read_tls(boost::asio::mutable_buffer into, Done done);
  void read_now(boost::asio::mutable_buffer into, Done done);
  void write_tls(const std::string& bytes, Done done);
  // After a TLS call that would block: calls `again` once the socket is ready for it.
  void retry(int result, Done done, std::function<void(Done)> again);
  void complete(Done done, boost::system::error_code failed, std::size_t bytes);
  void send_close_notify();

  boost::asio::ip::tcp::socket socket_;
  HandshakeScheduler* handshakes_;
  std::unique_ptr<SSL, Free> ssl_;
  bool broken_ = false;  // TLS has failed or ended; nothing more may be sent in it
};

}  // namespace keeper
