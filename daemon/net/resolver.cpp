#include "net/resolver.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds fresh_for{60};
// While older addresses are known, the name servers get no longer than this.
constexpr std::chrono::seconds patience_with_stale{2};
// And only one caller in this time waits for them.
constexpr std::chrono::seconds stale_for{10};

struct Lookup {
  std::vector<Endpoint> endpoints;
  std::string failure;
};

Lookup look_up(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  Lookup lookup;
  const int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (code != 0) {
    lookup.failure = gai_strerror(code);
    return lookup;
  }
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    Endpoint endpoint;
    endpoint.length = std::min<socklen_t>(each->ai_addrlen, sizeof endpoint.address);
    std::memcpy(&endpoint.address, each->ai_addr, endpoint.length);
    lookup.endpoints.push_back(endpoint);
  }
  freeaddrinfo(list);
  if (lookup.endpoints.empty()) lookup.failure = "no address";
  return lookup;
}

}  // namespace

// Outlives its Resolver while a lookup hangs.
struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable finished;
  bool under_way = false;
  std::vector<Endpoint> endpoints;  // the last good answer
  Clock::time_point fresh_until{};
  std::string failure;
};

// Connecting a datagram socket asks the routing table and sends nothing.
bool has_route(const std::vector<Endpoint>& endpoints) {
  // Documentation addresses (RFC 5737, RFC 3849): they stand for "anywhere".
  static const std::vector<Endpoint> anywhere = [] {
    std::vector<Endpoint> all = look_up("192.0.2.1", "9", AI_NUMERICHOST).endpoints;
    for (const Endpoint& v6 : look_up("2001:db8::1", "9", AI_NUMERICHOST).endpoints) all.push_back(v6);
    return all;
  }();
  for (const Endpoint& one : endpoints.empty() ? anywhere : endpoints) {
    const auto* address = reinterpret_cast<const sockaddr*>(&one.address);
    const int probe = ::socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) continue;
    const bool routed = ::connect(probe, address, one.length) == 0;
    ::close(probe);
    if (routed) return true;
  }
  return false;
}

Resolver::Resolver(std::string host, int port)
    : host_(std::move(host)), port_(std::to_string(port)), shared_(std::make_shared<Shared>()) {
  Lookup numeric = look_up(host_, port_, AI_NUMERICHOST);
  if (numeric.endpoints.empty()) return;
  shared_->endpoints = std::move(numeric.endpoints);
  shared_->fresh_until = Clock::time_point::max();
}

Result<std::vector<Endpoint>> Resolver::resolve(CallDeadline deadline) {
  const auto work = [](std::shared_ptr<Shared> shared, const std::string& host, const std::string& port) {
    Lookup lookup = look_up(host, port, 0);
    const std::scoped_lock lock(shared->mutex);
    if (lookup.failure.empty()) {
      shared->endpoints = std::move(lookup.endpoints);
      shared->fresh_until = Clock::now() + fresh_for;
    }
    shared->failure = std::move(lookup.failure);
    shared->under_way = false;
    shared->finished.notify_all();
  };

  std::unique_lock lock(shared_->mutex);
  if (Clock::now() < shared_->fresh_until) return shared_->endpoints;
  if (!shared_->under_way) {
    try {
      std::thread(work, shared_, host_, port_).detach();
      shared_->under_way = true;
    } catch (const std::system_error& failure) {
      return Error{ErrorKind::not_applied, "cannot look up " + host_ + ": " + failure.what()};
    }
  }
  const bool stale = !shared_->endpoints.empty();
  if (stale) shared_->fresh_until = Clock::now() + stale_for;
  const CallDeadline until = stale ? std::min(deadline, Clock::now() + patience_with_stale) : deadline;
  const bool ended = shared_->finished.wait_until(lock, until, [&] { return !shared_->under_way; });
  if (!shared_->endpoints.empty()) return shared_->endpoints;
  return Error{has_route({}) ? ErrorKind::not_applied : ErrorKind::cut_off,
               "cannot look up " + host_ + ": " +
                   (ended ? shared_->failure : "no answer from the name servers in time")};
}

}  // namespace keeper
