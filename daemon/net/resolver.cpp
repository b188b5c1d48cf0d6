#include "net/resolver.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "net/transfers.h"

namespace keeper {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds fresh_for{60};
// While older addresses are known, the name servers get no longer than this.
constexpr std::chrono::seconds patience_with_stale{2};

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
  explicit Shared(std::string name) : host(std::move(name)) {}

  // With the lock. `otherwise`: why there is no address.
  Result<std::vector<Endpoint>> answer(const std::string& otherwise) const;
  void take(Lookup lookup);
  void give_up(std::uint64_t number);

  const std::string host;
  std::mutex mutex;
  std::map<std::uint64_t, Found> waiting;
  std::uint64_t numbers = 0;
  bool under_way = false;
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

Result<std::vector<Endpoint>> Resolver::Shared::answer(const std::string& otherwise) const {
  if (!endpoints.empty()) return endpoints;
  return Error{has_route({}) ? ErrorKind::not_applied : ErrorKind::cut_off,
               "cannot look up " + host + ": " + otherwise};
}

void Resolver::Shared::take(Lookup lookup) {
  std::unique_lock lock(mutex);
  if (lookup.failure.empty()) {
    endpoints = std::move(lookup.endpoints);
    fresh_until = Clock::now() + fresh_for;
  }
  under_way = false;
  const auto told = std::exchange(waiting, {});
  const Result<std::vector<Endpoint>> all = answer(lookup.failure);
  lock.unlock();
  for (const auto& [number, found] : told) found(all);
}

void Resolver::Shared::give_up(std::uint64_t number) {
  std::unique_lock lock(mutex);
  const auto late = waiting.extract(number);
  if (late.empty()) return;
  auto known = answer("no answer from the name servers in time");
  lock.unlock();
  late.mapped()(std::move(known));
}

Resolver::Resolver(std::string host, int port)
    : port_(std::to_string(port)), shared_(std::make_shared<Shared>(std::move(host))) {
  Lookup numeric = look_up(shared_->host, port_, AI_NUMERICHOST);
  if (numeric.endpoints.empty()) return;
  shared_->endpoints = std::move(numeric.endpoints);
  shared_->fresh_until = Clock::time_point::max();
}

void Resolver::resolve(CallDeadline deadline, Transfers& timers, Found found) {
  std::unique_lock lock(shared_->mutex);
  if (Clock::now() < shared_->fresh_until) {
    auto known = shared_->answer({});
    lock.unlock();
    return found(std::move(known));
  }
  if (!shared_->under_way) {
    try {
      std::thread([shared = shared_, port = port_] {
        shared->take(look_up(shared->host, port, 0));
      }).detach();
      shared_->under_way = true;
    } catch (const std::system_error& failure) {
      auto failed = shared_->answer(failure.what());
      lock.unlock();
      return found(std::move(failed));
    }
  }
  const bool stale = !shared_->endpoints.empty();
  const CallDeadline until = stale ? std::min(deadline, Clock::now() + patience_with_stale) : deadline;
  const std::uint64_t number = ++shared_->numbers;
  shared_->waiting.emplace(number, std::move(found));
  // Last, since the work may have gone on by then, and this may be gone.
  const auto shared = shared_;
  lock.unlock();
  timers.at(until, [shared, number] { shared->give_up(number); });
}

}  // namespace keeper
