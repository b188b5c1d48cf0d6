// A running sandbox on free ports, with clients for its APIs and its control plane, and a webhook receiver.
// One test's thread.
#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "catch.h"
#include "sandbox/codec.h"
#include "sandbox/jwt.h"
#include "sandbox/sandbox.h"

namespace sandbox::test {

inline const httplib::Headers kBearer = {{"Authorization", "Bearer sandbox-key"}};

// Status 0: no answer came.
struct Reply {
  int status = 0;
  std::string text;
  Json body;
  httplib::Headers headers;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class Running {
 public:
  explicit Running(Keys keys = {}) : sandbox_({}, {}, std::move(keys)) { sandbox_.start(); }

  Reply call(const std::string& method, const std::string& target, const std::string& body = "",
             const httplib::Headers& headers = kBearer);
  // With VideoSDK's token as its SDK would send it.
  Reply videosdk(const std::string& method, const std::string& target, const std::string& body = "");
  Reply control(const std::string& method, const std::string& target, const Json& body = nullptr);
  void advance(double seconds);
  // The remote's row in the control plane.
  Json remote(const std::string& id);
  // Starts a session and gives its id.
  std::string start_notte(const std::string& body = "{}");
  std::string start_videosdk(const std::string& endpoint = "", const std::vector<std::string>& suffixes = {});

  Sandbox& sandbox() { return sandbox_; }

 private:
  Sandbox sandbox_;
};

class Receiver {
 public:
  struct Delivery {
    std::string type;
    std::string session_id;
    std::string body;
    std::string signature;
  };

  Receiver();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/hooks/agents"; }
  // Waits up to ten seconds for so many deliveries, and fails the test if they do not come.
  std::vector<Delivery> wait_for(std::size_t count);
  std::vector<Delivery> received();
  // Answers the next deliveries so, and then 200 again.
  void refuse(int times, int status);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Delivery> deliveries_;
  int refusals_ = 0;
  int refusal_status_ = 500;
  HttpServer server_;
};

std::vector<std::string> types_of(const std::vector<Receiver::Delivery>& deliveries);
// With OpenSSL, against either PEM flavour.
bool verifies(const std::string& pem, const std::string& body, const std::string& signature,
              bool pss = false);
void wait_until(const std::function<bool()>& condition);

}  // namespace sandbox::test
