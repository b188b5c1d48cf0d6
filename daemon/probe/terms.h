// Terms: what a probe is about, and how far it may go. limits_of() decides before the first call what the
// probe may start and how long that may live, so that the worst case stays within the allowed cost. Plain
// values and pure functions; any thread.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "core/plan.h"
#include "settings/settings.h"

namespace keeper::probe {

struct Terms {
  ProviderName provider;
  InstanceId instance;  // drawn for this probe, so that no daemon takes its sessions for its own
  Plan plan;            // whose session is started
  Traits traits;
  // The start carries a name or a key by which a second one is known, as far as the description tells.
  bool starts_by_key = false;
  Millis call_spacing{0};  // from one HTTP call to the next
};

// A list shows a session within this time, or it is said not to.
inline constexpr Millis list_wait = Seconds{60};
// What a heartbeat waits for after the start, so that a time of activity can be seen to move.
inline constexpr Millis heartbeat_wait = Seconds{5};

struct Limits {
  Millis max_time{};           // of everything but the cleaning up
  Millis brief_life{};         // of the first session, and of what a second start may make
  Millis lasting_life{};       // of the session that is left to its idle timeout; zero: none is started
  std::string why_no_lasting;  // why that is zero
  int starts = 0;              // at the most
  double cost = 0;             // of the worst case, in the price's currency
};

// What a session's life must leave for its stops.
Millis stop_reserve(const Terms& terms);
// How long an idle session is watched after its last activity, beyond its idle timeout.
Millis idle_slack(Millis idle_timeout);
// How often it is read meanwhile.
Millis idle_step(Millis idle_timeout);

// Half of the provider's rate, so that a daemon beside the probe has the other half.
Millis call_spacing(const CallLimits& limits);

// `max_time`: empty: as long as the claims need. Errors: denied, where even the first session may cost more
// than `max_cost`, or where the provider has no price; the text names the cure.
Result<Limits> limits_of(const Terms& terms, double max_cost, std::optional<Millis> max_time);

}  // namespace keeper::probe
