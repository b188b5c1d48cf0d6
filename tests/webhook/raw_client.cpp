#include "webhook/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "catch.h"

namespace keeper::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

RawClient::RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int failed = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  REQUIRE(failed == 0);
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

RawClient::RawClient(int port, SSL_CTX* context) : RawClient(port) {
  ssl_.reset(SSL_new(context), SSL_free);
  SSL_set_fd(ssl_.get(), socket_);
  const timeval limit{5, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (SSL_connect(ssl_.get()) != 1) ssl_.reset();
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      ssl_(std::move(other.ssl_)),
      buffer_(std::move(other.buffer_)),
      ended_(other.ended_) {}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::finish_sending() { ::shutdown(socket_, SHUT_WR); }

bool RawClient::read_more(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd waiting{socket_, POLLIN, 0};
  const bool here = ssl_ && SSL_pending(ssl_.get()) > 0;
  if (!here && (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0)) return false;
  std::array<char, 16384> bytes{};
  const ssize_t count = ssl_ ? SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    ended_ = true;
    return false;
  }
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<RawAnswer> RawClient::answer(std::chrono::milliseconds wait) {
  const auto until = Clock::now() + wait;
  std::size_t head_end = 0;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more(until)) return std::nullopt;
  }
  RawAnswer answer;
  std::string head = buffer_.substr(0, head_end + 2);
  buffer_.erase(0, head_end + 4);
  answer.status = std::stoi(head.substr(head.find(' ') + 1));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    answer.headers[lower(head.substr(at, colon - at))] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  const auto length = answer.headers.find("content-length");
  const std::size_t bytes = length == answer.headers.end() ? 0 : std::stoul(length->second);
  while (buffer_.size() < bytes) {
    if (!read_more(until)) return std::nullopt;
  }
  answer.body = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return answer;
}

std::string RawClient::read_until(std::string_view needle, std::chrono::milliseconds wait) {
  const auto until = Clock::now() + wait;
  while (buffer_.find(needle) == std::string::npos) {
    if (!read_more(until)) return std::exchange(buffer_, {});
  }
  const std::size_t end = buffer_.find(needle) + needle.size();
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return text;
}

bool RawClient::closes(std::chrono::milliseconds wait) {
  const auto until = Clock::now() + wait;
  while (read_more(until)) {
  }
  return ended_;
}

std::optional<RawAnswer> ask(int port, std::string_view bytes) {
  RawClient client(port);
  client.send(bytes);
  return client.answer();
}

std::string get(std::string_view target, std::string_view headers) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) +
         "Connection: close\r\n\r\n";
}

}  // namespace keeper::test
