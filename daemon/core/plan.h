// What the configuration asks for, as the core needs it: plans, the traits of their providers, budgets and
// targets. Plain values, immutable once loaded; any thread. The defaults of keys stand in the table of keys
// (config/key_table.cpp) alone.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "core/model.h"
#include "core/spending.h"
#include "schedule/schedule.h"

namespace keeper {

enum class Rollover { by_provider, make_before_break, break_before_make, off };
enum class Restart { by_schedule, always, on_failure, never };
enum class Overlap { skip, replace, buffer_one, allow };
enum class OnShutdown { leave, stop };

struct KeepAlive {
  bool heartbeat = false;                 // send heartbeats at all
  std::optional<Millis> heartbeat_every;  // empty: a third of the idle timeout
  Rollover rollover = Rollover::off;
  std::optional<Millis> rollover_before;  // empty: the larger of 10 % and the provider's slow start
  Restart restart = Restart::never;
  Millis initial_backoff{};
  Millis max_backoff{};
  Millis backoff_reset_after{};
  bool operator==(const KeepAlive&) const = default;
};

struct Plan {
  PlanName name;
  ProviderName provider;
  Schedule schedule;
  int count = 1;
  std::string place;                   // see SessionRow::place
  std::string parameters;              // the provider's JSON, without secrets
  std::string fingerprint;             // of provider and parameters
  std::optional<Millis> idle_timeout;  // what the start asks the provider for
  std::optional<Millis> maximum;       // likewise: the provider's own hard limit
  std::optional<Millis> max_duration;  // the keeper's own limit
  Millis start_timeout{};
  Millis stop_timeout{};
  Millis catch_up{};
  Overlap overlap = Overlap::skip;
  OnShutdown on_shutdown = OnShutdown::leave;
  KeepAlive keep_alive;
  bool operator==(const Plan&) const = default;
};

// What `by_schedule` comes to: always for windows, on_failure for single occurrences.
inline Restart effective_restart(const Plan& plan) {
  if (plan.keep_alive.restart != Restart::by_schedule) return plan.keep_alive.restart;
  return plan.schedule.kind() == Schedule::Kind::occurrences ? Restart::on_failure : Restart::always;
}

// A session that timed out as its plan wants it, which is no failure: the plan sends no heartbeats against
// the idle timeout, or makes no successor before the maximum.
inline bool ends_as_planned(const Plan& plan, State state, Reason reason) {
  if (state != State::timed_out) return false;
  if (reason == Reason::idle_timeout) return !plan.keep_alive.heartbeat;
  return reason == Reason::max_duration && plan.keep_alive.rollover == Rollover::off;
}

// Which starts must not be under way at the same time, because a lost answer could not be told apart.
enum class StartScope { free, place, provider };

// What is done with a remote that is ours and that no session of the ledger stands for.
enum class Orphans { stop, adopt, report };

// What proves that a heartbeat counted. as_told: the last activity where an answer tells it, else the
// heartbeat's own answer. read_back: only a last activity or a deadline that moved.
enum class HeartbeatProof { as_told, answer, read_back };

// What a heartbeat asks for: a deadline `by` after itself, or, where it adds, after the deadline that there
// was.
struct Extension {
  Millis by{};
  bool adds = false;
  bool operator==(const Extension&) const = default;
};

// What the core must know of a provider. The facts and their sources stand in the folder of each provider.
struct Traits {
  bool can_find = true;        // an ambiguous start can be looked up
  bool can_list = true;        // all remotes of the credential, or of the place, can be listed
  bool one_per_place = false;  // holds one session per place, so a rollover breaks first
  bool has_heartbeat = false;  // has a call that restarts the idle clock
  HeartbeatProof heartbeat_proof = HeartbeatProof::as_told;
  std::optional<Extension> extension;  // empty: a heartbeat restarts the idle timeout
  bool has_cleanup = false;            // what has ended is billed until a call of its own has cleaned it up
  StartScope start_scope = StartScope::free;
  // What an unasked "unknown" means, once it was said twice. Where the reason is empty, the deadline that was
  // nearest gives it.
  State gone_state = State::error;
  std::optional<Reason> gone_reason = Reason::lost;
  bool gone_by_deadline = true;  // timed_out instead, where a deadline that is known had passed
  // A list shows what was made only after this time: of real ones 1 to 3 s are known.
  Millis list_lag{Seconds{15}};
  Millis request_timeout{};
  int max_concurrent = 0;  // calls at once
  Millis poll_interval{Seconds{30}};
  // Reads that only watch are at least this far apart, taken over all sessions of the provider; zero: no
  // matter.
  Millis watch_spacing{0};
  Orphans orphans = Orphans::stop;
  Millis slow_start{Seconds{30}};  // what a rollover allows its successor to become active
  std::optional<Price> price;
  bool operator==(const Traits&) const = default;
};

// Somebody who is told.
struct Target {
  std::set<std::string> events;  // words of event_word(); empty: all. What lasts is told to its end.
  Millis repeat_interval{};
  bool operator==(const Target&) const = default;
};

struct Config {
  std::map<PlanName, Plan> plans;
  std::map<ProviderName, Traits> providers;
  std::map<BudgetKey, Budget> budgets;
  std::map<TargetName, Target> targets;
  Millis stop_timeout{};  // of the sessions whose plan is not configured any more
  bool operator==(const Config&) const = default;
};

// Null: none is configured.
inline const Price* price_of(const Config& config, const ProviderName& provider) {
  const auto traits = config.providers.find(provider);
  return traits != config.providers.end() && traits->second.price ? &*traits->second.price : nullptr;
}

inline Prices prices_of(const Config& config) {
  Prices prices;
  for (const auto& [name, traits] : config.providers) {
    if (traits.price) prices.emplace(name, *traits.price);
  }
  return prices;
}

}  // namespace keeper
