// Planted bugs: each is told apart from the right program by an invariant, within 200 seeds. They sit where
// the loop, the store or a provider's adapter would have them, or in what the keeper is given; the core
// itself is what is judged.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/world.h"
#include "sim/random.h"

namespace keeper::sim {

enum class Mutant {
  none,
  lossy_commit,      // invariant 1: a session's row is not written
  sleeper,           // 2: a session's next deadline is lost
  spinner,           // 3: a session stays due
  early_dispatch,    // 4, 5: effects leave before their rows are on disk
  blind_retry,       // 5; starts: a lost answer is taken for a refusal
  deaf_heartbeat,    // 6; heartbeats: they do not restart the idle clock
  no_rollover,       // 6; rollover: none is made
  blind_sweep,       // 7; orphans: lists show nothing
  early_ack,         // 8: deliveries are acknowledged before they are on disk
  false_stop,        // 9: a stop is believed that never reached the provider
  no_circuit,        // 10; failures: calls that did not get through are taken for a passing lack of allowance
  greedy_sweep,      // 11; orphans: strangers are taken for the keeper's own
  lost_missed,       // 12: what began nothing is not recorded
  no_count,          // 13; money: what ended sessions took is forgotten
  forgetful_alerts,  // 14; notices: alerts do not outlive the process
  deaf_target,       // 15; notices: a message that was not delivered is believed to be
  blind_route,       // 16; failures: a machine without a route is taken for a provider that refuses
  no_start_timeout,  // 17; timeouts: a session may be queued for ever
  hasty_leave,       // 18; shutdown: it does not wait for what it stops
  break_first,       // 19; rollover: the old one is stopped before its successor is active
  deaf_reload,       // 20; reload: a changed plan is not taken up
};

const std::map<std::string, Mutant>& mutants();

// What the keeper is given in place of the true configuration.
std::shared_ptr<const Config> tampered(Mutant mutant, const std::shared_ptr<const Config>& config);

// What is installed and committed in place of what was decided.
void tamper(Mutant mutant, Decision& decision, Mono now, Random& random);

}  // namespace keeper::sim
