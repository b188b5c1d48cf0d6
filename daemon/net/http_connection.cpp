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

// Tells the trailers of a chunked body (RFC 9112, 7.1.2) from the rest of it: cpp-httplib takes them for a
// broken body.
class Trailers {
 public:
  // To be asked for each byte of the body in turn.
  bool is_within(char c) {
    if (data_left_ > 0) {
      --data_left_;
      return false;
    }
    if (!last_chunk_) {
      read_size(c);
      return false;
    }
    // A blank line ends them, and is the body's own end.
    if (begins_line_) is_trailer_ = c != '\r' && c != '\n';
    begins_line_ = c == '\n';
    return is_trailer_;
  }

 private:
  void read_size(char c) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    in_size_ = in_size_ && digit >= 0;
    if (in_size_) size_ = std::min(size_, size_max) * 16 + static_cast<std::uint64_t>(digit);
    if (c != '\n') return;
    last_chunk_ = size_ == 0;
    data_left_ = size_ == 0 ? 0 : size_ + 2;
    size_ = 0;
    in_size_ = true;
  }

  static constexpr std::uint64_t size_max = std::uint64_t{1} << 56U;
  std::uint64_t size_ = 0;
  std::uint64_t data_left_ = 0;  // with the line's end after it
  bool in_size_ = true;          // the rest of the line is extensions
  bool last_chunk_ = false;
  bool begins_line_ = true;
  bool is_trailer_ = false;
};

}  // namespace

// One request and its answer as a stream. Writes are gathered and leave in one piece with the first read.
// Heads are read as a whole: interim ones (RFC 9110, 15.2) are passed over, since cpp-httplib takes all but a
// 100 for the answer, and the headers are kept as they came, since it decodes %NN in their values.
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
    while (in_head_) {
      if (const ssize_t filled = fill(); filled <= 0) return filled;
      if (!take_head()) return -1;
    }
    if (head_.size() > head_next_) {
      const std::size_t count = std::min(bytes_max, head_.size() - head_next_);
      std::copy_n(head_.data() + head_next_, count, to);
      head_next_ += count;
      return static_cast<ssize_t>(count);
    }
    for (;;) {
      if (const ssize_t filled = fill(); filled <= 0) return filled;
      const std::size_t count = std::min(bytes_max, end_ - next_);
      if (!admit_body(count)) return -1;
      const char* const from = buffer_.data() + next_;
      next_ += count;
      char* const end =
          trailers_ ? std::copy_if(from, from + count, to, [&](char c) { return !trailers_->is_within(c); })
                    : std::copy_n(from, count, to);
      if (end != to) return end - to;
    }
  }

  // The head said that the body comes in chunks.
  void expect_chunks() { trailers_.emplace(); }

  bool has_received() const { return received_; }
  bool has_leftover() const { return next_ != end_; }
  const std::string& failure() const { return failure_; }
  std::vector<std::pair<std::string, std::string>> headers() const;

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

  // Positive: there are bytes that were not taken yet.
  ssize_t fill() {
    if (next_ != end_) return 1;
    const ssize_t count = transport_.read(buffer_.data(), buffer_.size(), deadline_);
    if (count < 0) return fail(transport_.failure());
    if (count == 0) return ended();
    next_ = 0;
    end_ = static_cast<std::size_t>(count);
    received_ = true;
    return 1;
  }

  // What the buffer has of the head, which ends with a blank line.
  bool take_head() {
    while (in_head_ && next_ != end_) {
      const char c = buffer_[next_++];
      head_ += c;
      ++head_bytes_;
      ++line_bytes_;
      const std::size_t line_max = is_status_line_ ? status_line_bytes_max : header_line_bytes_max;
      if (head_bytes_ > head_bytes_max || line_bytes_ > line_max)
        return fail("the answer's head is too large") == 0;
      if (c != '\n') continue;
      is_status_line_ = line_bytes_ <= 2;
      line_bytes_ = 0;
      if (!is_status_line_) continue;
      in_head_ = is_interim();
      if (in_head_) head_.clear();
    }
    return true;
  }

  // A 1xx, but for 101, after which this would be no HTTP any more.
  bool is_interim() const {
    const std::string_view status = std::string_view(head_).substr(0, 12);
    return status.starts_with("HTTP/1.") && status.substr(8, 2) == " 1" && status.substr(9) != "101";
  }

  bool admit_body(std::size_t count) {
    if (count > body_bytes_left_) return fail("the answer is too large") == 0;
    body_bytes_left_ -= count;
    return true;
  }

  Transport& transport_;
  const CallDeadline deadline_;
  std::string unsent_;
  std::optional<Trailers> trailers_;
  std::string head_;  // of the answer, or as much as came
  std::size_t head_next_ = 0;
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

// RFC 9112, 5: a line that begins with a blank goes on with the value before it.
std::vector<std::pair<std::string, std::string>> HttpConnection::Exchange::headers() const {
  const auto trimmed = [](std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return std::string_view{};
    return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
  };
  std::vector<std::pair<std::string, std::string>> all;
  std::string_view rest = head_;
  rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const bool goes_on = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    const std::size_t colon = line.find(':');
    if (goes_on && !all.empty()) {
      all.back().second += ' ' + std::string(trimmed(line));
    } else if (colon != std::string_view::npos) {
      all.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
  }
  return all;
}

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
    if (equal_ignoring_case(head.get_header_value("Transfer-Encoding"), "chunked")) exchange.expect_chunks();
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
  response->headers = exchange.headers();
  if (!complete)
    response->cut_short = body_bytes > asked.body_bytes_max ? "the answer is too large" : failure_;
  return true;
}

bool HttpConnection::is_reusable() { return socket_.is_open() && !has_leftover_ && transport_.is_quiet(); }

}  // namespace keeper
