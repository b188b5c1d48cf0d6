#include "webhook/webhook_stream.h"

#include <openssl/err.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace keeper {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

WebhookStream::WebhookStream(tcp::socket socket, SSL_CTX* tls, HandshakeScheduler& handshakes)
    : socket_(std::move(socket)), handshakes_(&handshakes) {
  error_code failed;
  socket_.set_option(tcp::no_delay(true), failed);
  if (tls == nullptr) return;
  socket_.native_non_blocking(true, failed);
  ssl_.reset(SSL_new(tls));
  broken_ = failed || !ssl_ || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1;
  if (ssl_) SSL_set_accept_state(ssl_.get());
  if (broken_) socket_.close(failed);  // the first read then fails
}

void WebhookStream::complete(Done done, error_code failed, std::size_t bytes) {
  asio::post(socket_.get_executor(), [done = std::move(done), failed, bytes] { done(failed, bytes); });
}

void WebhookStream::retry(int result, Done done, std::function<void(Done)> again) {
  const int why = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
    broken_ = why != SSL_ERROR_ZERO_RETURN;
    return complete(std::move(done), asio::error::eof, 0);
  }
  socket_.async_wait(why == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write,
                     [done = std::move(done), again = std::move(again)](error_code failed) mutable {
                       if (failed) return done(failed, 0);
                       again(std::move(done));
                     });
}

void WebhookStream::read_tls(asio::mutable_buffer into, Done done) {
  if (SSL_is_init_finished(ssl_.get()) != 0) return read_now(into, std::move(done));
  const bool begun = SSL_get_state(ssl_.get()) != TLS_ST_BEFORE;
  handshakes_->schedule([this, into, done = std::move(done)] { read_now(into, done); }, begun);
}

void WebhookStream::read_now(asio::mutable_buffer into, Done done) {
  if (broken_) return complete(std::move(done), asio::error::eof, 0);
  std::size_t bytes = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  if (result == 1) return complete(std::move(done), {}, bytes);
  retry(result, std::move(done), [this, into](Done next) { read_tls(into, std::move(next)); });
}

void WebhookStream::write_tls(const std::string& bytes, Done done) {
  if (broken_) return complete(std::move(done), asio::error::broken_pipe, 0);
  std::size_t sent = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  if (result == 1) return complete(std::move(done), {}, sent);
  retry(result, std::move(done), [this, &bytes](Done next) { write_tls(bytes, std::move(next)); });
}

bool WebhookStream::send_now(std::string_view bytes) {
  if (ssl_) {
    std::size_t sent = 0;
    ERR_clear_error();
    return !broken_ && SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1;
  }
  error_code failed;
  socket_.send(asio::buffer(bytes), 0, failed);
  return !failed;
}

bool WebhookStream::has_waiting() const {
  error_code failed;
  return socket_.available(failed) > 0 && !failed;
}

void WebhookStream::send_close_notify() {
  if (!ssl_ || broken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool WebhookStream::finish() {
  send_close_notify();
  error_code failed;
  socket_.shutdown(tcp::socket::shutdown_send, failed);
  return !failed;
}

void WebhookStream::close() {
  send_close_notify();
  broken_ = true;  // a retry may be queued, and the number of the descriptor may soon be used again
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace keeper
