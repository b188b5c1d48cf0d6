#include "net/resolver.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

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

// What is known. Outlives its Resolver while a lookup hangs.
struct Resolver::Known {
  Known(std::string name, std::chrono::milliseconds age) : host(std::move(name)), fresh_for(age) {}

  // `otherwise`: why there is no address.
  Result<std::vector<Endpoint>> answer(const std::string& otherwise) const;
  void learn(const Lookup& lookup);

  const std::string host;
  const std::chrono::milliseconds fresh_for;
  mutable std::mutex mutex;
  std::vector<Endpoint> endpoints;  // the last good answer
  Clock::time_point fresh_until{};
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

Result<std::vector<Endpoint>> Resolver::Known::answer(const std::string& otherwise) const {
  {
    const std::scoped_lock lock(mutex);
    if (!endpoints.empty()) return endpoints;
  }
  return Error{has_route({}) ? ErrorKind::not_applied : ErrorKind::cut_off,
               "cannot look up " + host + ": " + otherwise};
}

void Resolver::Known::learn(const Lookup& lookup) {
  if (!lookup.failure.empty()) return;
  const std::scoped_lock lock(mutex);
  endpoints = lookup.endpoints;
  fresh_until = Clock::now() + fresh_for;
}

Resolver::Resolver(std::string host, int port, std::chrono::milliseconds fresh_for)
    : known_(std::make_shared<Known>(std::move(host), fresh_for)),
      lookups_([known = known_, port = std::to_string(port)] {
        const Lookup lookup = look_up(known->host, port, 0);
        known->learn(lookup);
        return lookup.failure;
      }) {
  Lookup numeric = look_up(known_->host, std::to_string(port), AI_NUMERICHOST);
  if (numeric.endpoints.empty()) return;
  known_->endpoints = std::move(numeric.endpoints);
  known_->fresh_until = Clock::time_point::max();
}

void Resolver::resolve(CallDeadline deadline, Transfers& timers, Found found) {
  const auto now = Clock::now();
  CallDeadline until = deadline;
  bool is_fresh = false;
  {
    const std::scoped_lock lock(known_->mutex);
    is_fresh = now < known_->fresh_until;
    if (!is_fresh && !known_->endpoints.empty()) {
      until = std::min(deadline, now + patience_with_stale);
      known_->fresh_until = now + stale_for;
    }
  }
  if (is_fresh) return found(known_->answer({}));
  const auto tell = [known = known_, found](const std::optional<std::string>& failure) {
    found(known->answer(failure.value_or("no answer from the name servers in time")));
  };
  try {
    lookups_.ask(until, timers, tell);
  } catch (const std::system_error& failure) {
    tell(failure.what());
  }
}

}  // namespace keeper
