#include "net/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

std::string system_text(int code) { return std::generic_category().message(code); }

int poll_limit(CallDeadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

}  // namespace

bool Transport::fail(std::string why) {
  failure_ = std::move(why);
  return false;
}

bool Transport::wait(short events, CallDeadline deadline) {
  for (;;) {
    pollfd waited{socket_, events, 0};
    const int ready = ::poll(&waited, 1, poll_limit(deadline));
    if (ready > 0) return true;
    if (ready == 0) return Clock::now() < deadline ? true : fail("no answer in time");
    if (errno != EINTR) return fail(system_text(errno));
  }
}

bool Transport::open(const std::vector<Endpoint>& endpoints, SSL_CTX* tls, const std::string& host,
                     CallDeadline deadline) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // What is left is shared among the addresses that are left, so that one black hole does not take it all.
    const auto share = (deadline - Clock::now()) / static_cast<std::int64_t>(endpoints.size() - i);
    if (connect(endpoints[i], Clock::now() + share)) {
      if (tls == nullptr || shake_hands(tls, host, deadline)) return true;
      end();
      ::close(socket_);
      socket_ = -1;
      return false;
    }
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  return false;
}

bool Transport::connect(const Endpoint& endpoint, CallDeadline deadline) {
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  socket_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(system_text(errno));
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, address, endpoint.length) == 0) return true;
  if (errno != EINPROGRESS) return fail(system_text(errno));
  int code = EINPROGRESS;
  while (code == EINPROGRESS) {
    if (!wait(POLLOUT, deadline)) return false;
    socklen_t length = sizeof code;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &code, &length);
    // A spurious wake-up reads 0 as well: only a peer proves the connection.
    sockaddr_storage peer{};
    socklen_t peer_length = sizeof peer;
    const bool connected = ::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &peer_length) == 0;
    if (code == 0 && !connected) code = EINPROGRESS;
  }
  return code == 0 ? true : fail(system_text(code));
}

bool Transport::shake_hands(SSL_CTX* tls, const std::string& host, CallDeadline deadline) {
  ssl_ = make_tls_client(tls, socket_, host);
  if (!ssl_) return fail("OpenSSL cannot check " + host);
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return true;
    if (!wait_for_tls(result, deadline)) {
      failure_ = "TLS: " + failure_;
      return false;
    }
  }
}

// After an SSL call that did not succeed: waits until it may be repeated. False: it failed for good.
bool Transport::wait_for_tls(int result, CallDeadline deadline) {
  if (Clock::now() >= deadline) return fail("no answer in time");
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait(POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
      return wait(POLLOUT, deadline);
    case SSL_ERROR_SYSCALL:
      if (ERR_peek_error() == 0) return fail(errno != 0 ? system_text(errno) : "connection closed");
      return fail(tls_failure(ssl_.get()));
    default:
      return fail(tls_failure(ssl_.get()));
  }
}

ssize_t Transport::read(char* to, std::size_t bytes_max, CallDeadline deadline) {
  for (;;) {
    if (Clock::now() >= deadline) {
      fail("no answer in time");
      return -1;
    }
    if (ssl_) {
      ERR_clear_error();
      std::size_t read_bytes = 0;
      const int result = SSL_read_ex(ssl_.get(), to, bytes_max, &read_bytes);
      if (result == 1) return static_cast<ssize_t>(read_bytes);
      if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
      if (!wait_for_tls(result, deadline)) return -1;
    } else {
      const ssize_t read_bytes = ::recv(socket_, to, bytes_max, 0);
      if (read_bytes >= 0) return read_bytes;
      if (errno == EINTR) continue;
      if (errno != EAGAIN) {
        fail(system_text(errno));
        return -1;
      }
      if (!wait(POLLIN, deadline)) return -1;
    }
  }
}

bool Transport::write(std::string_view bytes, CallDeadline deadline) {
  while (!bytes.empty()) {
    if (Clock::now() >= deadline) return fail("no answer in time");
    std::size_t written = 0;
    if (ssl_) {
      ERR_clear_error();
      sent_ = true;
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
      if (result != 1 && !wait_for_tls(result, deadline)) return false;
    } else {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR && errno != EAGAIN) return fail(system_text(errno));
      if (sent < 0 && !wait(POLLOUT, deadline)) return false;
      if (sent > 0) sent_ = true;
      if (sent > 0) written = static_cast<std::size_t>(sent);
    }
    bytes.remove_prefix(written);
  }
  return true;
}

bool Transport::is_quiet() {
  pollfd waited{socket_, POLLIN, 0};
  if (::poll(&waited, 1, 0) == 0) return true;
  if (!ssl_) return false;
  // TLS 1.3 sends session tickets on its own; they are not an answer.
  ERR_clear_error();
  char byte = 0;
  std::size_t read_bytes = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &read_bytes);
  return result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
}

void Transport::end() {
  ssl_.reset();
  ERR_clear_error();
}

}  // namespace keeper
