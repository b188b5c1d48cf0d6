#include "net/http_connection.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>

#include "base/text.h"

namespace keeper {
namespace {

constexpr std::size_t head_bytes_max = 64U << 10U;
constexpr std::size_t header_line_bytes_max = 16U << 10U;
// cpp-httplib matches the status line with a recursive std::regex, whose stack grows with the line.
constexpr std::size_t status_line_bytes_max = 512;

bool is_writable_text(std::string_view text, bool spaces) {
  return std::all_of(text.begin(), text.end(), [spaces](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20U && byte != 0x7fU ? true : spaces && byte == 0x20U;
  });
}

httplib::Request request_of(const HttpRequest& asked, const std::string& authority, bool* writable) {
  httplib::Request request;
  request.method = asked.method;
  request.path = asked.target;
  request.body = asked.body;
  request.set_header("Host", authority);
  request.set_header("User-Agent", "session-keeper");
  request.set_header("Accept", "application/json");
  request.set_header("Accept-Encoding", "identity");
  if (!asked.body.empty()) request.set_header("Content-Type", "application/json");
  *writable = is_writable_text(asked.method, false) && is_writable_text(asked.target, false);
  for (const auto& [name, value] : asked.headers) {
    *writable = *writable && is_writable_text(name, false) && is_writable_text(value, true);
    request.set_header(name, value);
  }
  return request;
}

}  // namespace

// One request and its answer as a stream. Writes are gathered and leave in one piece with the first read.
class HttpConnection::Exchange final : public httplib::Stream {
 public:
  Exchange(Transport& transport, const HttpRequest& request, CallDeadline deadline)
      : transport_(transport),
        deadline_(deadline),
        body_bytes_left_(2 * request.body_bytes_max + head_bytes_max) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  socket_t socket() const override { return transport_.socket(); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}

  ssize_t write(const char* bytes, std::size_t count) override {
    unsent_.append(bytes, count);
    return static_cast<ssize_t>(count);
  }

  ssize_t read(char* to, std::size_t bytes_max) override {
    if (!unsent_.empty()) {
      const bool sent = transport_.write(unsent_, deadline_);
      unsent_.clear();
      if (!sent) return fail(transport_.failure());
    }
    if (next_ == end_) {
      const ssize_t count = transport_.read(buffer_.data(), buffer_.size(), deadline_);
      if (count < 0) return fail(transport_.failure());
      if (count == 0) return ended();
      next_ = 0;
      end_ = static_cast<std::size_t>(count);
      received_ = true;
    }
    const std::size_t count = std::min(bytes_max, end_ - next_);
    if (!(in_head_ ? admit_head(count) : admit_body(count))) return -1;
    std::copy_n(buffer_.data() + next_, count, to);
    next_ += count;
    return static_cast<ssize_t>(count);
  }

  void enter_body() { in_head_ = false; }
  bool has_received() const { return received_; }
  bool has_leftover() const { return next_ != end_; }
  const std::string& failure() const { return failure_; }

 private:
  ssize_t fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
    return -1;
  }

  ssize_t ended() {
    if (in_head_) return fail(received_ ? "the answer ended within its head" : "closed without an answer");
    failure_ = "the answer ended too early";
    return 0;
  }

  bool admit_head(std::size_t count) {
    for (std::size_t i = next_; i < next_ + count; ++i) {
      ++head_bytes_;
      ++line_bytes_;
      const std::size_t line_max = is_status_line_ ? status_line_bytes_max : header_line_bytes_max;
      if (head_bytes_ > head_bytes_max || line_bytes_ > line_max)
        return fail("the answer's head is too large") == 0;
      if (buffer_[i] != '\n') continue;
      // After a blank line comes the body, or the next status line after an interim answer.
      is_status_line_ = line_bytes_ <= 2;
      line_bytes_ = 0;
    }
    return true;
  }

  bool admit_body(std::size_t count) {
    if (count > body_bytes_left_) return fail("the answer is too large") == 0;
    body_bytes_left_ -= count;
    return true;
  }

  Transport& transport_;
  const CallDeadline deadline_;
  std::string unsent_;
  std::array<char, 16U << 10U> buffer_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  bool received_ = false;
  bool in_head_ = true;
  bool is_status_line_ = true;
  std::size_t head_bytes_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t body_bytes_left_;
  std::string failure_;
};

HttpConnection::HttpConnection(const Url& url) : httplib::ClientImpl(url.host, url.port), url_(url) {
  set_keep_alive(true);
  set_url_encode(false);
}

HttpConnection::~HttpConnection() {
  if (opened_) ::close(transport_.socket());
  stop();
}

bool HttpConnection::open(const std::vector<Endpoint>& endpoints, SSL_CTX* tls, CallDeadline deadline) {
  opened_ = transport_.open(endpoints, tls, url_.host, deadline);
  failure_ = transport_.failure();
  return opened_;
}

bool HttpConnection::create_and_connect_socket(Socket& socket, httplib::Error& error) {
  if (!opened_) {
    // A kept connection died under our feet; a new one is the client's decision.
    failure_ = "closed without an answer";
    error = httplib::Error::Connection;
    return false;
  }
  opened_ = false;
  socket.sock = transport_.socket();
  return true;
}

void HttpConnection::shutdown_ssl(Socket&, bool) { transport_.end(); }

bool HttpConnection::process_socket(const Socket&, std::function<bool(httplib::Stream&)> callback) {
  return callback(*exchange_);
}

bool HttpConnection::exchange(const HttpRequest& asked, CallDeadline deadline, HttpResponse* response) {
  bool writable = true;
  httplib::Request request = request_of(asked, url_.authority, &writable);
  failure_.clear();
  transport_.forget_sent();
  received_ = false;
  if (!writable) {
    failure_ = "the request holds characters that HTTP does not allow";
    return false;
  }

  Exchange exchange(transport_, asked, deadline);
  exchange_ = &exchange;
  bool has_head = false;
  std::size_t body_bytes = 0;
  bool discard = false;
  request.response_handler = [&](const httplib::Response& head) {
    discard = asked.discard_body && head.status >= 200 && head.status < 300;
    exchange.enter_body();
    return has_head = true;
  };
  request.content_receiver = [&](const char* bytes, std::size_t count, std::uint64_t, std::uint64_t) {
    body_bytes += count;
    if (body_bytes > asked.body_bytes_max) return false;
    if (!discard) response->body.append(bytes, count);
    return true;
  };
  httplib::Response answer;
  httplib::Error error = httplib::Error::Success;
  bool complete = false;
  std::string thrown;
  try {
    complete = send(request, answer, error);
  } catch (const std::exception& failure) {
    thrown = failure.what();
  }
  exchange_ = nullptr;
  received_ = exchange.has_received();
  has_leftover_ = exchange.has_leftover();
  if (!exchange.failure().empty() && !complete) failure_ = exchange.failure();
  if (failure_.empty()) failure_ = thrown.empty() ? "not understood as HTTP" : thrown;

  if (!complete && !has_head) return false;
  response->status = answer.status;
  for (const auto& [name, value] : answer.headers) response->headers.emplace_back(name, value);
  if (!complete)
    response->cut_short = body_bytes > asked.body_bytes_max ? "the answer is too large" : failure_;
  return true;
}

bool HttpConnection::is_reusable() { return socket_.is_open() && !has_leftover_ && transport_.is_quiet(); }

}  // namespace keeper
