// The facts of the three native providers, for tests that know the core and no provider. A test of the table
// of providers holds them to the real ones.
#pragma once

#include "settings/settings.h"

namespace keeper::test {

inline Traits known_traits(const ProviderType& type, Millis request_timeout = Seconds{30}) {
  Traits traits;
  traits.request_timeout = request_timeout;
  traits.max_concurrent = 16;
  if (type.str() == "notte") {
    traits.has_heartbeat = true;
    traits.start_scope = StartScope::provider;
    traits.poll_interval = Seconds{20};
    traits.slow_start = std::chrono::minutes{1};
  } else if (type.str() == "videosdk") {
    traits.poll_interval = Seconds{60};
    traits.slow_start = std::chrono::minutes{1};
  } else if (type.str() == "sonoran_cms") {
    traits.one_per_place = true;
    traits.start_scope = StartScope::place;
    traits.gone_state = State::closed;
    traits.gone_reason = Reason::ended_elsewhere;
    traits.poll_interval = Seconds{20};
    traits.watch_spacing = Millis{std::chrono::minutes{1}} * 2 / 27;
    traits.slow_start = Seconds{10};
  }
  return traits;
}

}  // namespace keeper::test
