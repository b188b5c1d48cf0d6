// Resolver: the addresses of one host, looked up with a deadline. A call of getaddrinfo() cannot be
// interrupted, so each lookup runs on a thread of its own (net/together.h). Answers are kept for a minute,
// and for longer while the name servers fail: then one caller in ten seconds waits up to 2 s for them, and
// all others get the known addresses at once. Any thread may call it; no caller is blocked.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/together.h"

namespace keeper {

using CallDeadline = std::chrono::steady_clock::time_point;

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
};

// Whether this machine has a route to any of them; to anywhere at all, if there are none. Nothing is sent.
bool has_route(const std::vector<Endpoint>& endpoints);

class Resolver {
 public:
  // Errors: not_applied, cut_off. Never empty.
  using Found = std::function<void(Result<std::vector<Endpoint>>)>;

  // `fresh_for`: how long an answer is used without asking again.
  Resolver(std::string host, int port, std::chrono::milliseconds fresh_for = std::chrono::minutes{1});

  // `found` is called exactly once: at once, on the lookup's thread, or at the deadline by `timers`. It must
  // be quick.
  void resolve(CallDeadline deadline, Transfers& timers, Found found);

 private:
  struct Known;

  const std::shared_ptr<Known> known_;
  Together<std::string> lookups_;  // each finds out why there is no address; empty: there is one
};

}  // namespace keeper
