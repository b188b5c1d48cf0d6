// A client of one fake server, and calls whose time is taken. For tests only.
#pragma once

#include <chrono>
#include <string>

#include "net/fake_server.h"
#include "net/http_client.h"

namespace keeper::test {

struct Called {
  Result<HttpResponse> response;
  std::chrono::milliseconds took;
};

inline Called call(HttpClient& client, const HttpRequest& request, std::chrono::milliseconds limit) {
  const auto began = std::chrono::steady_clock::now();
  auto response = wait(client.call(request, began + limit));
  const auto took = std::chrono::steady_clock::now() - began;
  return {std::move(response), std::chrono::duration_cast<std::chrono::milliseconds>(took)};
}

inline HttpClient client_of(const FakeServer& server) {
  return HttpClient({parse_url(server.url()).value(), ""});
}

inline HttpRequest get_request(std::string target = "/") { return {"GET", std::move(target)}; }
inline HttpRequest post_request(std::string body = "{}") { return {"POST", "/", {}, std::move(body)}; }

// What a call may take, and how much longer it may take to notice.
constexpr std::chrono::milliseconds call_limit{400};
constexpr std::chrono::milliseconds call_grace{100};

}  // namespace keeper::test
