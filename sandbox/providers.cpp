#include "sandbox/providers.h"

namespace sandbox {

Providers::Providers(World& world)
    : world_(world),
      notte_(world),
      notte_legacy_(world, notte_),
      videosdk_(world),
      sonoran_(world),
      sonoran_v1_(world, sonoran_),
      vendors_(world) {}

std::optional<Route> Providers::route(const Request& request) {
  if (auto route = vendors_.route(request)) return route;
  // Before Notte: both have POST /sessions/start.
  if (auto route = sonoran_v1_.route(request)) return route;
  if (auto route = notte_.route(request)) return route;
  if (auto route = notte_legacy_.route(request)) return route;
  if (auto route = videosdk_.route(request)) return route;
  return sonoran_.route(request);
}

void Providers::pass_time() {
  const Time now = world_.clock.now();
  while (const auto due = world_.ledger.take_due(now)) {
    auto& [remote, when] = *due;
    switch (remote->provider) {
      case Provider::notte:
        notte_.on_due(*remote, when);
        break;
      case Provider::videosdk:
        videosdk_.on_due(*remote, when);
        break;
      case Provider::sonoran_cms:
        break;
      case Provider::browserbase:
      case Provider::e2b:
      case Provider::kernel:
      case Provider::steel:
      case Provider::browser_use:
      case Provider::daytona:
        vendors_.on_due(*remote, when);
        break;
    }
  }
}

void Providers::end(Remote& remote, const std::string& as) {
  const Time now = world_.clock.now();
  const std::string reason = as == "closed" ? "ended_elsewhere" : as;
  switch (remote.provider) {
    case Provider::notte:
      notte_.end(remote, as, reason, now);
      break;
    case Provider::videosdk:
      videosdk_.end(remote, as, now);
      break;
    case Provider::sonoran_cms:
      sonoran_.end(remote, as, now);
      break;
    case Provider::browserbase:
    case Provider::e2b:
    case Provider::kernel:
    case Provider::steel:
    case Provider::browser_use:
    case Provider::daytona:
      vendors_.end(remote, as, reason, now);
      break;
  }
}

void Providers::decorate(Provider provider, Answer& answer) const {
  if (provider == Provider::notte) notte_.decorate(answer);
}

}  // namespace sandbox
