// The whole client, from the request to its outcome, against a server that sends any bytes. The first byte of
// an input chooses the request and how the server ends; the rest is what it sends, in pieces that FE parts.
// The call comes to one outcome in its time; the order leaves at most once, and what the server received is
// never said not to have been sent; the answer keeps its limits; and the next call gets its own answer,
// whatever the first one left behind.
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "fuzz/fuzz.h"
#include "net/exchange.h"
#include "net/http_client.h"
#include "net/retry_after.h"
#include "net/transfers.h"

namespace {

using namespace keeper;
using namespace keeper::fuzz;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t body_bytes_max = 4096;
constexpr std::size_t head_bytes_max = 64U << 10U;
constexpr auto limit = 30ms;
constexpr auto patience = 10s;  // of a loaded machine

// The first byte.
struct Choice {
  explicit Choice(unsigned byte)
      : is_order((byte & 1U) != 0),
        discards((byte & 2U) != 0),
        is_early((byte & 4U) != 0),
        closes((byte & 24U) != 8U && (byte & 24U) != 16U),
        half_closes((byte & 24U) == 8U) {}
  bool is_order, discards, is_early, closes, half_closes;
};

// A server on loopback, which the fuzzer's own thread serves.
class Peer {
 public:
  Peer(std::string_view answer, Choice choice) : answer_(answer), choice_(choice) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool listens = ::bind(listener_, any, length) == 0 && ::listen(listener_, 8) == 0 &&
                         ::getsockname(listener_, any, &length) == 0;
    require(listens, "a port on loopback");
    port_ = ntohs(address.sin_port);
  }
  // By a reset: an end by both sides would hold the port for a minute.
  ~Peer() {
    const linger none{1, 0};
    for (const Link& link : links_) {
      ::setsockopt(link.socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
      ::close(link.socket);
    }
    ::close(listener_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int port() const { return port_; }

  void serve_until(int done) {
    const auto end = Clock::now() + patience;
    for (;;) {
      std::vector<pollfd> waited{{done, POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const Link& link : links_) waited.push_back({link.is_over ? -1 : link.socket, POLLIN, 0});
      ::poll(waited.data(), waited.size(), 100);
      for (std::size_t i = 2; i < waited.size(); ++i) {
        if (waited[i].revents != 0) read(links_[i - 2]);
      }
      if (waited[1].revents != 0) accept();
      if (waited[0].revents != 0) return;
      require(Clock::now() < end, "a call comes to an end");
    }
  }

  int requests(const std::string& target) { return requests_[target]; }

 private:
  struct Link {
    int socket = -1;
    bool is_over = false;
    std::string received{};
  };

  void accept() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) return;
    links_.push_back({socket});
    if (choice_.is_early && links_.size() == 1) give_odd(links_.front());
  }

  static void send(const Link& link, std::string_view bytes) {
    if (!bytes.empty()) static_cast<void>(::send(link.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  // Until the other side has taken all, and has had a moment to look at it.
  static void let_read(const Link& link) {
    const auto end = Clock::now() + 500us;
    for (int left = 1; left > 0 && Clock::now() < end;) {
      if (::ioctl(link.socket, SIOCOUTQ, &left) != 0) return;
    }
    std::this_thread::sleep_for(200us);
  }

  void give_odd(Link& link) {
    for (std::size_t at = 0; at < answer_.size();) {
      const std::size_t end = std::min(answer_.find('\xFE', at), answer_.size());
      send(link, answer_.substr(at, end - at));
      at = end + 1;
      if (at < answer_.size()) let_read(link);
    }
    if (choice_.half_closes) ::shutdown(link.socket, SHUT_WR);
    if (choice_.closes) ::shutdown(link.socket, choice_.is_early ? SHUT_WR : SHUT_RDWR);
  }

  void read(Link& link) {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(link.socket, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
      link.is_over = true;
      ::shutdown(link.socket, SHUT_WR);
      return;
    }
    link.received.append(bytes.data(), static_cast<std::size_t>(count));
    const std::size_t head = link.received.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const bool has_body = link.received.compare(0, 4, "POST") == 0;
    if (link.received.size() < head + 4 + (has_body ? 2 : 0)) return;
    const std::size_t space = link.received.find(' ') + 1;
    const std::string target = link.received.substr(space, link.received.find(' ', space) - space);
    link.received.clear();
    ++requests_[target];
    if (target == "/next") {
      send(link, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nnext!");
    } else if (!choice_.is_early) {
      give_odd(link);
    }
  }

  const std::string_view answer_;
  const Choice choice_;
  int listener_ = -1;
  int port_ = 0;
  std::vector<Link> links_;
  std::map<std::string, int> requests_;
};

Result<HttpResponse> call(Transfers& transfers, Peer& peer, const HttpRequest& request,
                          std::chrono::milliseconds time) {
  const HttpOptions options{parse_url("http://127.0.0.1:" + std::to_string(peer.port())).value(), ""};
  auto exchange = std::make_unique<Exchange>(request, options, std::vector<Endpoint>{}, std::nullopt,
                                             Clock::now() + time);
  const int done = ::eventfd(0, EFD_CLOEXEC);
  std::optional<Result<HttpResponse>> outcome;
  transfers.submit(std::move(exchange), [&](std::unique_ptr<Exchange> ended, CURLcode code) {
    require(!outcome, "a call has one outcome");
    outcome = ended->result(code);
    ended.reset();
    ::eventfd_write(done, 1);
  });
  peer.serve_until(done);
  ::close(done);
  return *std::move(outcome);
}

void check_response(const HttpResponse& response, const Choice& choice) {
  require(response.status >= 200 && response.status <= 999, "an interim answer is none");
  require(response.body.size() <= body_bytes_max, "a body keeps its limit");
  const bool is_success = response.status < 300;
  require(!choice.discards || !is_success || response.body.size() <= 64,
          "of a body that is thrown away little is kept");
  std::size_t head_bytes = 0;
  for (const auto& [name, value] : response.headers) head_bytes += name.size() + value.size();
  require(head_bytes <= head_bytes_max, "a head keeps its limit");
  const auto wait = wait_asked(response, Wall{});
  require(!wait || (*wait >= 1s && *wait <= wait_max), "a wait is between a second and an hour");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(ignored);
  if (size == 0 || size > 96U << 10U) return 0;
  const Choice choice(data[0]);
  Peer peer(text_of(data + 1, size - 1), choice);
  Transfers transfers;
  HttpRequest request{choice.is_order ? "POST" : "GET", "/odd", {}, choice.is_order ? "{}" : ""};
  request.body_bytes_max = body_bytes_max;
  request.discard_body = choice.discards;
  const auto outcome = call(transfers, peer, request, limit);
  if (outcome.ok()) check_response(*outcome, choice);
  const auto next = call(transfers, peer, {"POST", "/next", {}, "{}"}, patience);
  // A kept connection may turn out to be dead only when the order is on its way.
  require(!next.ok() || next->body == "next!", "an answer belongs to its own request");
  const int left = peer.requests("/odd");
  require(left <= (choice.is_order ? 1 : 2), "an order leaves at most once");
  require(peer.requests("/next") <= 1, "the next order leaves at most once");
  const bool says_nothing_left = !outcome.ok() && outcome.error().kind != ErrorKind::maybe_applied;
  require(!says_nothing_left || left == 0, "what was received may have been acted on");
  return 0;
}
