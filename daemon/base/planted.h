// Planted bugs: wrong steps in the production code, which the simulator turns on one at a time to show that
// an invariant sees each. tests/sim/mutants.cpp says which rule each of them breaks. In the product planted()
// is false at compile time, and nothing of a planted bug is left. The simulator compiles the modules that it
// drives with KEEPER_PLANTED_BUGS: there planted() asks a variable, and a broken KEEPER_CHECK throws
// CheckFailed instead of ending the process. Any thread.
//   if (planted(Bug::early_ack)) round.acknowledge();
#pragma once

#include <string>

namespace keeper {

enum class Bug {
  none,
  early_dispatch,
  early_ack,
  lossy_commit,
  sleeper,
  spinner,
  blind_retry,
  hasty_retry,
  no_adoption,
  no_intent,
  deaf_heartbeat,
  forgets_cleanup,
  late_rollover,
  keeps_predecessor,
  blind_sweep,
  greedy_sweep,
  any_candidate,
  false_stop,
  hasty_gone,
  trusts_part,
  believes_creation,
  believes_date,
  denies_id,
  zombie,
  no_circuit,
  no_backpressure,
  waits_for_end,
  starts_beyond_keeping,
  lost_missed,
  skips_unrecorded,
  drops_buffered,
  loses_buffered,
  begins_twice,
  no_window_end,
  keeps_replicas,
  no_count,
  forgetful_alerts,
  told_twice,
  never_over,
  deaf_target,
  no_second_try,
  blind_route,
  hasty_leave,
  leaves_running,
  deaf_reload,
  late_delivery,
  progress_back,
  double_delivery,
  unmatched_held,
  never_unmatched,
  no_retry,
  quiet_stop,
  lets_out_held,
  loses_held,
  denies_applied,
  no_beats_in_outage,
  waits_for_disk,
  believes_unreadable,
  loses_waiting,
  starts_in_outage,
  loses_lost,
  stays_ahead,
  believes_1970,
  acts_backwards,
  forgets_absence,
  keeps_buffered,
  ends_at_touch,
  counts_refused,
  shares_remote,
  starts_in_doubt,
  believes_own_clock,
  counts_from_process,
  takes_jitter_for_identity,
  stops_repeated,
  knows_whole_tags,
  renews_by_name,
  lease_from_answer,
  no_start_bound,
  unfenced_prune,
  hasty_release,
  believes_warning,
  watch_goes_on,
  unchecked_start,
};

#ifdef KEEPER_PLANTED_BUGS
inline Bug planted_bug = Bug::none;
inline bool planted(Bug bug) { return bug == planted_bug; }
#else
consteval bool planted(Bug) { return false; }
#endif

// Thrown by check_failed() where bugs can be planted.
struct CheckFailed {
  std::string what;
};

}  // namespace keeper
