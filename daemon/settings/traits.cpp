#include "base/check.h"
#include "settings/settings.h"

namespace keeper {
namespace {

using std::chrono::minutes;

// Notte publishes p99 2.3 s for a create and has seen 135 s (docs.notte.cc; nottelabs/browserarena results).
// It has no field for a tag, so that a lost answer is found by its time alone: one start at a time.
Traits notte(NotteDialect dialect) {
  Traits traits;
  traits.can_find = dialect == NotteDialect::current;  // the legacy dialect has no list
  traits.can_list = traits.can_find;
  traits.has_heartbeat = true;
  traits.start_scope = StartScope::provider;
  traits.poll_interval = Seconds{20};
  traits.slow_start = minutes{1};
  return traits;
}

// VideoSDK's webhook tells of changes; reading is reconciliation (docs.videosdk.live, agent-cloud).
Traits videosdk() {
  Traits traits;
  traits.poll_interval = Seconds{60};
  traits.slow_start = minutes{1};
  return traits;
}

// Sonoran holds one session per server and names none by id; "gone" means that somebody else ended it.
Traits sonoran_cms() {
  Traits traits;
  traits.one_per_place = true;
  traits.start_scope = StartScope::place;
  traits.gone_state = State::closed;
  traits.gone_reason = Reason::ended_elsewhere;
  traits.poll_interval = Seconds{20};
  traits.slow_start = Seconds{10};
  return traits;
}

// What can be done is what was described.
Traits described(const Description& description) {
  Traits traits;
  traits.can_find = traits.can_list = description.list.has_value();
  traits.has_heartbeat = description.heartbeat.has_value();
  const bool tagged = !description.tag_in_start.empty() && !description.tag.empty();
  traits.start_scope = tagged ? StartScope::free : StartScope::provider;
  traits.slow_start = minutes{1};
  return traits;
}

}  // namespace

std::string_view to_string(ProviderType type) {
  switch (type) {
    case ProviderType::videosdk:
      return "videosdk";
    case ProviderType::notte:
      return "notte";
    case ProviderType::sonoran_cms:
      return "sonoran_cms";
    case ProviderType::http:
      return "http";
  }
  check_failed("a known ProviderType", __FILE__, __LINE__);
}

Traits traits_of(const ProviderSettings& settings) {
  Traits traits;
  switch (settings.type) {
    case ProviderType::videosdk:
      traits = videosdk();
      break;
    case ProviderType::notte:
      traits = notte(settings.dialect);
      break;
    case ProviderType::sonoran_cms:
      traits = sonoran_cms();
      break;
    case ProviderType::http:
      traits = described(settings.description);
      break;
  }
  traits.request_timeout = settings.request_timeout;
  traits.orphans = settings.orphans;
  // Polling takes at most half of what there is for reads.
  const CallLimits limits = limits_of(settings);
  if (limits.each_call && limits.calls) traits.watch_spacing = limits.calls->window * 2 / limits.calls->calls;
  if (settings.poll_interval) traits.poll_interval = *settings.poll_interval;
  return traits;
}

// Sonoran's ceilings are for each credential and call (a89ce2d4, rate-limits.md).
CallLimits limits_of(const ProviderSettings& settings) {
  CallLimits limits{settings.rate_limit, std::nullopt, false};
  if (settings.type != ProviderType::sonoran_cms) return limits;
  constexpr RateLimit calls{27, minutes{1}};
  constexpr RateLimit cancel{9, minutes{1}};
  limits.each_call = true;
  if (!limits.calls) limits.calls = calls;
  limits.cancel = cancel;
  return limits;
}

std::string default_base_url(ProviderType type) {
  switch (type) {
    case ProviderType::videosdk:
      return "https://api.videosdk.live";
    case ProviderType::notte:
      return "https://api.notte.cc";
    case ProviderType::sonoran_cms:
      return "https://api.sonorancms.com";
    case ProviderType::http:
      return {};
  }
  check_failed("a known ProviderType", __FILE__, __LINE__);
}

std::string to_string(const Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace keeper
