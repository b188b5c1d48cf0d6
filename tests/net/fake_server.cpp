#include "net/fake_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <stdexcept>

namespace keeper::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool Wire::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (open_ && sent < bytes.size()) {
    const ssize_t count = ssl_ != nullptr
                              ? SSL_write(ssl_, bytes.data() + sent, static_cast<int>(bytes.size() - sent))
                              : ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) open_ = false;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return open_;
}

void Wire::pause(std::chrono::milliseconds length) const {
  const auto until = std::chrono::steady_clock::now() + length;
  while (!server_.is_stopping() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::min(length, std::chrono::milliseconds{5}));
  }
}

void Wire::drip(const std::string& bytes, std::chrono::milliseconds length) {
  for (const char byte : bytes) {
    if (server_.is_stopping() || !send(std::string(1, byte))) return;
    pause(length);
  }
}

void Wire::hold() {
  while (!server_.is_stopping()) {
    pollfd waited{socket_, POLLRDHUP, 0};
    if (::poll(&waited, 1, 5) > 0) break;
  }
  open_ = false;
}

void Wire::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  open_ = false;
}

void Wire::finish() { ::shutdown(socket_, SHUT_WR); }

void Wire::close() { open_ = false; }

ssize_t Wire::read(char* to, std::size_t count) {
  return ssl_ != nullptr ? SSL_read(ssl_, to, static_cast<int>(count)) : ::recv(socket_, to, count, 0);
}

bool Wire::receive(std::string* pending, Received* request) {
  char chunk[4096];
  std::size_t head_end = 0;
  std::size_t length = 0;
  for (;;) {
    head_end = pending->find("\r\n\r\n");
    if (head_end != std::string::npos) {
      request->head = pending->substr(0, head_end + 2);
      const std::size_t found = lower(request->head).find("content-length: ");
      length = found == std::string::npos ? 0 : std::stoul(request->head.substr(found + 16));
      if (pending->size() >= head_end + 4 + length) break;
    }
    const ssize_t count = open_ ? read(chunk, sizeof chunk) : 0;
    if (count <= 0) return false;
    pending->append(chunk, static_cast<std::size_t>(count));
  }
  request->body = pending->substr(head_end + 4, length);
  pending->erase(0, head_end + 4 + length);
  const std::string& head = request->head;
  request->method = head.substr(0, head.find(' '));
  const std::size_t target = head.find(' ') + 1;
  request->target = head.substr(target, head.find(' ', target) - target);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    const std::size_t value = std::min(head.find_first_not_of(' ', colon + 1), end);
    request->headers[lower(head.substr(at, colon - at))] = head.substr(value, end - value);
    at = end + 2;
  }
  return true;
}

FakeServer::FakeServer(Script script) : FakeServer(std::move(script), Options()) {}

FakeServer::FakeServer(Script script, Options options)
    : script_(std::move(script)), options_(std::move(options)) {
  std::signal(SIGPIPE, SIG_IGN);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (::bind(listener_, any, length) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, any, &length) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeServer::~FakeServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::scoped_lock lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string FakeServer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<Received> FakeServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void FakeServer::accept_all() {
  while (!stopping_) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    ++connections_;
    const std::scoped_lock lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void FakeServer::serve(int socket) {
  SSL* ssl = nullptr;
  Wire plain(*this, socket, nullptr);
  if (options_.on_connect) options_.on_connect(plain);
  bool usable = plain.is_open();
  if (usable && options_.tls != nullptr) {
    ssl = SSL_new(options_.tls);
    SSL_set_fd(ssl, socket);
    usable = SSL_accept(ssl) == 1;
  }
  Wire wire(*this, socket, ssl);
  std::string pending;
  Received request;
  while (usable && wire.is_open() && wire.receive(&pending, &request)) {
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    script_(request, wire);
    request = Received();
  }
  SSL_free(ssl);
  const std::scoped_lock lock(mutex_);
  sockets_.erase(std::find(sockets_.begin(), sockets_.end(), socket));
  ::close(socket);
}

std::string reply(int status, const std::string& body, const std::string& headers, const std::string& type) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Said\r\n" + headers;
  if (status == 204) return text + "\r\n";
  return text + "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

}  // namespace keeper::test
