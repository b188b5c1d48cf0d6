#include "load/sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace keeper::load {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto reconnect_after = std::chrono::milliseconds{20};

struct SenderConnection {
  int socket = -1;
  std::optional<std::size_t> delivery;  // on its way
  Clock::time_point sent{};
  Clock::time_point connect_at{};
  std::string in;
};

// The status of a complete answer at the begin of `in`, which it takes away; 0 while more must come.
int take_answer(std::string& in) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string::npos || in.size() < 12) return 0;
  std::string lower = in.substr(0, head + 2);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::size_t length = 0;
  if (const std::size_t at = lower.find("\r\ncontent-length: "); at != std::string::npos) {
    std::from_chars(lower.data() + at + 18, lower.data() + lower.size(), length);
  }
  if (in.size() < head + 4 + length) return 0;
  int status = 0;
  std::from_chars(in.data() + 9, in.data() + 12, status);
  in.erase(0, head + 4 + length);
  return status;
}

class Sender {
 public:
  Sender(const std::vector<SignedDelivery>& deliveries, const SenderOptions& options)
      : deliveries_(deliveries),
        options_(options),
        connections_(static_cast<std::size_t>(options.connections)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!options.acked.empty()) acked_.open(options.acked, std::ios::trunc);
    result_.latency_ms.reserve(deliveries.size());
  }
  ~Sender() {
    for (const SenderConnection& one : connections_) {
      if (one.socket >= 0) ::close(one.socket);
    }
    ::close(epoll_);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  SenderResult run() {
    begun_ = Clock::now();
    const auto end = begun_ + Seconds{options_.seconds + options_.warm_up};
    counted_from_ = begun_ + std::chrono::duration_cast<Clock::duration>(Seconds{options_.warm_up});
    std::array<epoll_event, 256> ready{};
    while (Clock::now() < end && !result_.exhausted) {
      for (std::size_t i = 0; i < connections_.size(); ++i) advance(i);
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 1);
      for (int i = 0; i < count; ++i) receive(ready[static_cast<std::size_t>(i)].data.u64);
    }
    result_.seconds = Seconds(Clock::now() - counted_from_).count();
    std::sort(result_.latency_ms.begin(), result_.latency_ms.end());
    return std::move(result_);
  }

 private:
  void connect(std::size_t number) {
    SenderConnection& one = connections_[number];
    one.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(one.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    // Loopback connects at once or is refused at once.
    if (::connect(one.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return lose(number);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = number;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, one.socket, &event);
    one.in.clear();
  }

  void lose(std::size_t number) {
    SenderConnection& one = connections_[number];
    if (one.delivery) {
      ++result_.broken;
      again_.push_back(*one.delivery);
      one.delivery.reset();
    }
    ::close(one.socket);
    one.socket = -1;
    one.connect_at = Clock::now() + reconnect_after;
  }

  bool may_send() {
    if (options_.rate <= 0) return true;
    const double allowed = Seconds(Clock::now() - begun_).count() * options_.rate;
    return static_cast<double>(sent_) < allowed;
  }

  void advance(std::size_t number) {
    SenderConnection& one = connections_[number];
    if (one.socket < 0 && Clock::now() >= one.connect_at) connect(number);
    if (one.socket < 0 || one.delivery || !may_send()) return;
    if (again_.empty() && next_ == deliveries_.size()) {
      result_.exhausted = true;
      return;
    }
    one.delivery = again_.empty() ? next_++ : again_.front();
    if (!again_.empty()) again_.pop_front();
    ++sent_;
    const SignedDelivery& delivery = deliveries_[*one.delivery];
    out_ = "POST " + options_.path +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nvideosdk-signature: ";
    out_ += delivery.signature;
    out_ += "\r\nContent-Length: " + std::to_string(delivery.body.size()) + "\r\n\r\n" + delivery.body;
    one.sent = Clock::now();
    if (::send(one.socket, out_.data(), out_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out_.size()))
      lose(number);
  }

  void receive(std::size_t number) {
    SenderConnection& one = connections_[number];
    if (one.socket < 0) return;
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(one.socket, bytes.data(), bytes.size(), 0);
    if (count <= 0) return lose(number);
    one.in.append(bytes.data(), static_cast<std::size_t>(count));
    const int status = take_answer(one.in);
    if (status == 0 || !one.delivery) return;
    const auto now = Clock::now();
    if (status / 100 == 2) {
      if (acked_.is_open()) acked_ << deliveries_[*one.delivery].id << "\n";
      if (now < counted_from_) {
        ++result_.warming_up;
      } else {
        ++result_.acknowledged;
        result_.latency_ms.push_back(std::chrono::duration<float, std::milli>(now - one.sent).count());
      }
    } else {
      ++result_.refused[status];
      again_.push_back(*one.delivery);
    }
    one.delivery.reset();
    advance(number);
  }

  const std::vector<SignedDelivery>& deliveries_;
  const SenderOptions& options_;
  std::vector<SenderConnection> connections_;
  const int epoll_;
  std::ofstream acked_;
  std::deque<std::size_t> again_;
  std::size_t next_ = 0;
  std::uint64_t sent_ = 0;
  Clock::time_point begun_{}, counted_from_{};
  std::string out_;
  SenderResult result_;
};

}  // namespace

SenderResult send(const std::vector<SignedDelivery>& deliveries, const SenderOptions& options) {
  return Sender(deliveries, options).run();
}

float percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

}  // namespace keeper::load
