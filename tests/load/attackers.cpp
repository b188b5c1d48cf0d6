#include "load/attackers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace keeper::load {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// What a connection sends at its begin, and then again every `every`; `reads`: it takes the answers.
struct Kind {
  std::string_view name;
  std::string first;
  std::string more = {};
  std::chrono::milliseconds every{1000};
  bool reads = true;
  bool half_closes = false;
  bool comes_again = false;  // as soon as it is answered
};

// With a signature as long as a good one, so that telling it costs as much.
std::string head(const std::string& path, const std::string& fields) {
  std::string signature;
  for (int i = 0; i < 85; ++i) signature += "QUFB";
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\nvideosdk-signature: " + signature + "QQ==\r\n" + fields +
         "\r\n";
}

// The first message of a handshake, which costs the server a signature and the sender nothing.
std::string client_hello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  BIO* said = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), said);
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(said, &bytes);
  return {bytes, static_cast<std::size_t>(count)};
}

std::vector<Kind> tls_kinds() {
  const std::string hello = client_hello();
  return {
      {"handshakes", hello, "", std::chrono::seconds{1}, true, false, true},
      {"half-handshakes", hello},
      {"handshake-drip", hello.substr(0, hello.size() / 2), "x"},
      {"no-tls", "GET / HTTP/1.1\r\n\r\n", "", std::chrono::seconds{1}, true, false, true},
  };
}

std::vector<Kind> plain_kinds(const std::string& path) {
  const std::string forged = head(path, "Content-Length: 2\r\n") + "{}";
  std::string pipeline;
  for (int i = 0; i < 50; ++i) pipeline += forged;
  const std::string begun = head(path, "Content-Length: 600\r\n");
  return {
      {"idle", ""},
      {"head-drip", "POST ", "x"},
      {"body-drip", begun, "x"},
      {"half-close", begun + "{", "", std::chrono::seconds{1}, true, true},
      {"never-reads", pipeline, pipeline, std::chrono::milliseconds{50}, false},
      {"pipeline", pipeline, pipeline, std::chrono::milliseconds{50}},
      {"endless-head", "POST " + path + " HTTP/1.1\r\n", "a: " + std::string(500, 'b') + "\r\n",
       std::chrono::milliseconds{50}},
      {"endless-chunks", head(path, "Transfer-Encoding: chunked\r\n"), "1\r\nx\r\n",
       std::chrono::milliseconds{50}},
      {"two-lengths", head(path, "Content-Length: 2\r\nContent-Length: 40\r\n") + "{}"},
      {"length-and-chunks", head(path, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
      {"too-large", head(path, "Content-Length: 65537\r\n") + std::string(4096, 'x'), std::string(4096, 'x'),
       std::chrono::milliseconds{20}},
      {"half-bodies", head(path, "Content-Length: 65536\r\n") + std::string(60'000, 'x'), "x"},
      {"forged", forged, forged, std::chrono::milliseconds{20}},
      {"comes-and-goes", "P", "", std::chrono::milliseconds{1}, false, true},
  };
}

std::vector<Kind> kinds(const std::string& path, bool tls) { return tls ? tls_kinds() : plain_kinds(path); }

struct Connection {
  int socket = -1;
  Clock::time_point opened{}, next{};
  bool answered = false;
};

class Attack {
 public:
  Attack(Kind kind, const AttackOptions& options)
      : kind_(std::move(kind)),
        options_(options),
        connections_(static_cast<std::size_t>(options.connections)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  ~Attack() {
    for (const Connection& one : connections_) {
      if (one.socket >= 0) ::close(one.socket);
    }
    ::close(epoll_);
  }
  Attack(const Attack&) = delete;
  Attack& operator=(const Attack&) = delete;

  AttackResult run() {
    const auto end = Clock::now() + Seconds{options_.seconds};
    std::array<epoll_event, 512> ready{};
    while (Clock::now() < end) {
      for (std::size_t i = 0; i < connections_.size(); ++i) advance(i);
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 5);
      for (int i = 0; i < count; ++i) receive(ready[static_cast<std::size_t>(i)].data.u64);
    }
    result_.open = static_cast<int>(std::count_if(connections_.begin(), connections_.end(),
                                                  [](const Connection& one) { return one.socket >= 0; }));
    return result_;
  }

 private:
  void open(std::size_t number) {
    Connection& one = connections_[number];
    one = {::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), Clock::now(),
           Clock::now() + kind_.every, false};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static_cast<void>(::connect(one.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.u64 = number;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, one.socket, &event);
    ++result_.opened;
    say(one, kind_.first);
    if (kind_.half_closes) ::shutdown(one.socket, SHUT_WR);
  }

  static void say(const Connection& one, const std::string& text) {
    if (!text.empty()) static_cast<void>(::send(one.socket, text.data(), text.size(), MSG_NOSIGNAL));
  }

  void advance(std::size_t number) {
    Connection& one = connections_[number];
    if (one.socket < 0) return open(number);
    const auto now = Clock::now();
    if (now < one.next) return;
    one.next = now + kind_.every;
    if (kind_.name == "comes-and-goes") return drop(one);
    say(one, kind_.more);
  }

  static void drop(Connection& one) {
    ::close(one.socket);
    one.socket = -1;
  }

  void receive(std::size_t number) {
    Connection& one = connections_[number];
    if (one.socket < 0) return;
    std::array<char, 16384> bytes{};
    const ssize_t count = kind_.reads ? ::recv(one.socket, bytes.data(), bytes.size(), 0)
                                      : ::recv(one.socket, bytes.data(), 1, MSG_PEEK);
    if (count > 0) {
      one.answered = true;
      if (!kind_.comes_again) return;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINPROGRESS)) return;
    ++result_.closed;
    if (one.answered) ++result_.answered;
    result_.longest_seconds = std::max(result_.longest_seconds, Seconds(Clock::now() - one.opened).count());
    drop(one);
  }

  const Kind kind_;
  const AttackOptions& options_;
  std::vector<Connection> connections_;
  const int epoll_;
  AttackResult result_;
};

}  // namespace

std::vector<std::string_view> attack_kinds(bool tls) {
  std::vector<std::string_view> names;
  for (const Kind& kind : kinds("/", tls)) names.push_back(kind.name);
  return names;
}

AttackResult attack(const AttackOptions& options) {
  for (Kind& kind : kinds(options.path, options.tls)) {
    if (kind.name == options.kind) return Attack(std::move(kind), options).run();
  }
  throw std::invalid_argument("no attack is called " + options.kind);
}

}  // namespace keeper::load
