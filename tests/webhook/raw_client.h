// A TCP client for tests, plain or in TLS, that sends exactly the bytes it is told and reads one HTTP answer
// at a time. One thread; a failed read ends the test case.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keeper::test {

struct RawAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(int port);
  // Shakes hands; tls() is null when that failed.
  RawClient(int port, SSL_CTX* context);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the other side has gone.
  bool send(std::string_view bytes);
  void finish_sending();
  // The next whole answer; empty when the connection ends or `wait` passes first.
  std::optional<RawAnswer> answer(std::chrono::milliseconds wait = std::chrono::seconds{20});
  // What comes until `needle` stands in it.
  std::string read_until(std::string_view needle, std::chrono::milliseconds wait = std::chrono::seconds{20});
  SSL* tls() const { return ssl_.get(); }
  // True when the other side closes within `wait`.
  bool closes(std::chrono::milliseconds wait = std::chrono::seconds{20});

 private:
  bool read_more(std::chrono::steady_clock::time_point until);

  int socket_ = -1;
  std::shared_ptr<SSL> ssl_;
  std::string buffer_;
  bool ended_ = false;
};

// One request on one connection.
std::optional<RawAnswer> ask(int port, std::string_view bytes);
std::string get(std::string_view target, std::string_view headers = {});

}  // namespace keeper::test
