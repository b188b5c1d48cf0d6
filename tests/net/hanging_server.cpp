#include "net/hanging_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace keeper::test {
namespace {

constexpr std::chrono::milliseconds tick_length{100};

void put(int socket, const std::string& bytes) {
  static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

std::string begins_with(Way way) {
  if (way == Way::answers) return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  if (way == Way::drips_head) return "HTTP/1.1 200 OK\r\nX: ";
  if (way == Way::drips_body) return "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
  if (way == Way::endless_body) return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  return "";
}

std::string goes_on_with(Way way) {
  if (way == Way::drips_head || way == Way::drips_body) return "x";
  if (way == Way::endless_body) return "1\r\nx\r\n";
  if (way == Way::endless_hints) return "HTTP/1.1 103 Early Hints\r\n\r\n";
  return "";
}

}  // namespace

HangingServer::HangingServer() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t i = 0; i < ways; ++i) {
    const bool is_hole = static_cast<Way>(i) == Way::black_hole;
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, length) != 0 || ::listen(listener, is_hole ? 0 : 1024) != 0 ||
        ::getsockname(listener, generic, &length) != 0)
      throw std::runtime_error("no listener");
    listeners_.at(i) = listener;
    ports_.at(i) = ntohs(address.sin_port);
    if (!is_hole) {
      watch(listener);
      continue;
    }
    // Once its queue is full, it answers no SYN.
    for (int j = 0; j < 4; ++j) {
      const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      static_cast<void>(::connect(client, generic, length));
      queued_.push_back(client);
    }
  }
  thread_ = std::thread([this] { serve(); });
}

HangingServer::~HangingServer() {
  stopping_ = true;
  thread_.join();
  for (const auto& [socket, peer] : peers_) ::close(socket);
  for (const int socket : queued_) ::close(socket);
  for (const int socket : listeners_) ::close(socket);
  ::close(epoll_);
}

std::string HangingServer::url(Way way) const {
  const std::string scheme = way == Way::no_handshake ? "https" : "http";
  return scheme + "://127.0.0.1:" + std::to_string(ports_.at(static_cast<std::size_t>(way)));
}

void HangingServer::watch(int socket) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
}

void HangingServer::accept_from(int listener, Way way) {
  while (true) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    if (way == Way::half_closed) ::shutdown(socket, SHUT_RD);
    peers_[socket].way = way;
    // A socket whose reading is shut down is always readable.
    if (way != Way::half_closed) watch(socket);
  }
}

bool HangingServer::read_from(int socket, Peer& peer) {
  std::array<char, 4096> block{};
  const ssize_t count = ::recv(socket, block.data(), block.size(), 0);
  if (count <= 0) return false;
  peer.received.append(block.data(), static_cast<std::size_t>(count));
  if (peer.received.find("\r\n\r\n") == std::string::npos) return true;
  peer.received.clear();
  peer.asked = true;
  put(socket, begins_with(peer.way));
  return true;
}

void HangingServer::tick() {
  for (const auto& [socket, peer] : peers_) {
    if (peer.asked) put(socket, goes_on_with(peer.way));
  }
}

void HangingServer::serve() {
  std::array<epoll_event, 256> events{};
  auto next_tick = std::chrono::steady_clock::now() + tick_length;
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
    for (int i = 0; i < count; ++i) {
      const int socket = events.at(static_cast<std::size_t>(i)).data.fd;
      const auto listener = std::find(listeners_.begin(), listeners_.end(), socket);
      if (listener != listeners_.end()) {
        accept_from(socket, static_cast<Way>(listener - listeners_.begin()));
      } else if (!read_from(socket, peers_.at(socket))) {
        ::close(socket);
        peers_.erase(socket);
      }
    }
    if (std::chrono::steady_clock::now() < next_tick) continue;
    next_tick += tick_length;
    tick();
  }
}

}  // namespace keeper::test
