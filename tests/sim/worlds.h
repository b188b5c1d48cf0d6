// The unkind worlds: each is one way in which clocks, configuration or a provider are odd. A world is turned
// on by its name, for all seeds of a run; ordinary seeds have none. This list is the only table of them.
// HOLDS(name, sentence): the program stands it, and a test demands that it does.
// BROKEN(name, seed, message, sentence): the program fails in it. `seed` is the first seed that shows it and
// `message` is how what that seed breaks begins. A test demands that it still fails, so that nobody forgets
// to move it to HOLDS. The build reads the names of the tests from here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.h"
#include "core/plan.h"
#include "sim/random.h"

namespace keeper::sim {

// clang-format off
#define KEEPER_SIM_WORLDS(HOLDS, BROKEN) \
  HOLDS(clock_1970, "the wall clock stands in 1970 when the process starts, and is set right later") \
  HOLDS(clock_ahead, "the wall clock is hours to years ahead for over 64 occurrences of a dense plan, then right") \
  HOLDS(clock_drift, "the wall clock is too fast or too slow") \
  HOLDS(config_schedule, "a plan's schedule is changed by a reload or a restart") \
  HOLDS(config_zone, "a plan's time zone is changed by a reload or a restart") \
  HOLDS(config_jitter, "a plan's jitter is changed by a reload or a restart") \
  HOLDS(config_exclusions, "today is excluded from a plan's schedule, and later it is not") \
  HOLDS(config_overlap, "a plan's overlap is changed by a reload or a restart") \
  HOLDS(config_count, "a plan's count goes up and down") \
  HOLDS(plan_removed_and_back, "a plan is taken out of the configuration and put back minutes later") \
  HOLDS(provider_removed, "a provider is taken out with its plans and put back minutes later") \
  HOLDS(config_invalid, "the file is invalid for minutes: no reload takes it, and a process that starts ends at once") \
  HOLDS(zone_data, "the rules of a time zone change, and a reload or a restart brings them to all of its plans") \
  HOLDS(touching_windows, "each window of a plan begins when the last one ends") \
  HOLDS(list_cut, "a list shows only a part of what lives") \
  HOLDS(list_lag, "a list shows a remote only up to 15 s after it was made") \
  HOLDS(list_repeats, "a list shows a remote more than once, and in an older state") \
  HOLDS(list_unreadable_item, "a list holds an item that can't be read") \
  HOLDS(tag_cut, "a provider keeps only the first characters of a tag") \
  HOLDS(heartbeat_refused, "heartbeats are refused for minutes while reads succeed") \
  HOLDS(reads_fail, "reads say 404 for seconds or fail for minutes while heartbeats work") \
  HOLDS(id_again, "a new remote has the id of one that ended long ago") \
  HOLDS(start_returns_living, "a start answers with a remote that lives already") \
  HOLDS(created_wrong, "times of creation are hours off") \
  HOLDS(provider_clock, "a provider's clock is off by minutes, and its Date is missing or stale") \
  HOLDS(account_of_one, "the account has room for one session: a second start answers 429") \
  HOLDS(few_calls, "a provider carries one call at a time, and heartbeats take half a minute") \
  HOLDS(deliveries_of_others, "deliveries come with the ids of other people's sessions")
// clang-format on

#define KEEPER_SIM_WORLD(name, ...) name,
enum class SimWorld { KEEPER_SIM_WORLDS(KEEPER_SIM_WORLD, KEEPER_SIM_WORLD) };
#undef KEEPER_SIM_WORLD

struct WorldEntry {
  SimWorld world;
  std::string name;
  std::string sentence;
  std::uint64_t seed = 0;  // the first that fails; 0: none does
  std::string message;
};

const std::vector<WorldEntry>& worlds();
std::map<std::string, SimWorld> worlds_by_name();

// What the worlds of one run have done so far. Times of the wall clock are as it showed them.
struct WorldState {
  // A stretch in which the wall clock was not stepped.
  struct Shown {
    Wall begin{};
    Mono at{};
  };
  // When the newest change of a plan's schedule came into force; a plan's first schedule counts as one.
  struct Since {
    Mono at{};
    std::optional<Schedule> before{};  // where it had another jitter only
  };

  Random random{1};
  std::set<SimWorld> on;
  std::vector<Shown> shown;
  std::map<PlanName, Since> since;
  std::vector<Plan> out;  // of the configuration, to be put back
  std::map<ProviderName, Traits> providers_out;
  std::set<std::pair<PlanName, Wall>> buffered;  // occurrences that waited for the last one's sessions to end
  std::set<std::pair<PlanName, Wall>> windows;   // times at which a window was open, by any schedule
  std::optional<Mono> refused_reload;            // when a reload was first refused that is still tried
  std::map<RemoteId, Mono> unknown_since;        // remotes that reads do not know, since the first of them
  bool clock_off = false;                        // it is to be set right
  bool file_invalid = false;
  bool down = false;  // the process ended and can't start
  int form = 0;       // which of its forms the world has in this run
  double rate = 0;
  bool cut = false;                // the newest answer is a part of a list, which its adapter sees
  Millis offset{0};                // of a clock
  Mono refused_until{};            // heartbeats
  Mono unread_until{};             // reads
  Mono lived_at{};                 // when a session of the account of one was last alive
  std::vector<Effect> calls;       // that wait for their turn
  bool calling = false;            // one of them is under way
  std::set<SessionId> beaten;      // sessions whose heartbeat was answered in this turn
  std::set<SessionId> part_shown;  // sessions whose newest look-up saw a part of a list
};

}  // namespace keeper::sim
