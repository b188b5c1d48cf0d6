#include "net/tunnel.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace keeper::test {
namespace {

sockaddr_in loopback_at(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// False at the end of either side.
bool pass_on(int from, int to) {
  std::array<char, 4096> block{};
  const ssize_t count = ::recv(from, block.data(), block.size(), 0);
  return count > 0 && ::send(to, block.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
}

}  // namespace

Tunnel::Tunnel(int to_port, std::string refusal)
    : to_port_(to_port), refusal_(std::move(refusal)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = loopback_at(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &length) != 0)
    throw std::runtime_error("the tunnel cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

Tunnel::~Tunnel() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::vector<std::string> Tunnel::heads() {
  return heads_.with([](const auto& heads) { return heads; });
}

void Tunnel::accept_all() {
  while (!stopping_) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    serve(client);
    ::close(client);
  }
}

void Tunnel::serve(int client) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n") && ::recv(client, &byte, 1, 0) == 1) head += byte;
  heads_.with([&](auto& heads) { heads.push_back(head); });
  const std::string answer = refusal_.empty() ? "HTTP/1.1 200 Connection established\r\n\r\n" : refusal_;
  ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
  if (!refusal_.empty()) return;
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback_at(to_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    bool goes_on = true;
    while (goes_on && !stopping_) {
      if (::poll(both.data(), both.size(), 20) <= 0) continue;
      if (both[0].revents != 0) goes_on = pass_on(client, server);
      if (goes_on && both[1].revents != 0) goes_on = pass_on(server, client);
    }
  }
  ::close(server);
}

}  // namespace keeper::test
