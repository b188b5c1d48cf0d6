#include "sim/mutants.h"

#include <algorithm>

#include "base/check.h"

namespace keeper::sim {
namespace {

template <class Change>
void each_plan(Config& config, Change change) {
  for (auto& [name, plan] : config.plans) change(plan);
}

void no_rollover(Config& config) {
  each_plan(config, [](Plan& plan) { plan.keep_alive.rollover = Rollover::off; });
}

void break_first(Config& config) {
  each_plan(config, [](Plan& plan) {
    Rollover& rollover = plan.keep_alive.rollover;
    if (rollover == Rollover::make_before_break) rollover = Rollover::break_before_make;
  });
}

void no_start_timeout(Config& config) {
  each_plan(config, [](Plan& plan) { plan.start_timeout = std::chrono::hours{24}; });
}

void no_max_duration(Config& config) {
  each_plan(config, [](Plan& plan) { plan.max_duration.reset(); });
}

void no_catch_up(Config& config) {
  each_plan(config, [](Plan& plan) { plan.catch_up = Millis{0}; });
}

void no_jitter(Config& config) {
  each_plan(config, [](Plan& plan) {
    Schedule::Spec spec = plan.schedule.spec();
    spec.jitter = Millis{0};
    plan.schedule = Schedule::make(std::move(spec)).value();
  });
}

// As if it were drawn at each load, not by the plan and the occurrence.
void unstable_jitter(Config& config) {
  static int loads = 0;
  each_plan(config, [&](Plan& plan) {
    Schedule::Spec spec = plan.schedule.spec();
    spec.plan = PlanName{spec.plan.str() + std::to_string(++loads)};
    plan.schedule = Schedule::make(std::move(spec)).value();
  });
}

template <Overlap from, Overlap to>
void other_overlap(Config& config) {
  each_plan(config, [](Plan& plan) {
    if (plan.overlap == from) plan.overlap = to;
  });
}

void always_restarts(Config& config) {
  each_plan(config, [](Plan& plan) { plan.keep_alive.restart = Restart::always; });
}

void never_restarts(Config& config) {
  each_plan(config, [](Plan& plan) { plan.keep_alive.restart = Restart::never; });
}

void no_backoff(Config& config) {
  each_plan(config,
            [](Plan& plan) { plan.keep_alive.initial_backoff = plan.keep_alive.max_backoff = Millis{0}; });
}

void stops_all_at_shutdown(Config& config) {
  each_plan(config, [](Plan& plan) { plan.on_shutdown = OnShutdown::stop; });
}

void keeps_zone_rules(Config& config) {
  each_plan(config, [](Plan& plan) {
    Schedule::Spec spec = plan.schedule.spec();
    if (spec.zone == Zone()) return;
    spec.zone = Zone::find("Asia/Kolkata").value();
    plan.schedule = Schedule::make(std::move(spec)).value();
  });
}

void eager_repeat(Config& config) {
  for (auto& [name, target] : config.targets) target.repeat_interval /= 2;
}

void no_repeat(Config& config) {
  for (auto& [name, target] : config.targets) target.repeat_interval = std::chrono::hours{24 * 365};
}

}  // namespace

// CMakeLists.txt reads the names from the lines of this table.
const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> all{
      {"lossy_commit", "1: a session's row is not written", Bug::lossy_commit},
      {"sleeper", "2: a session's next deadline is lost", Bug::sleeper},
      {"spinner", "3: a session stays due", Bug::spinner},
      {"early_dispatch", "4: effects leave before their rows are on disk", Bug::early_dispatch},
      {"early_ack", "8: deliveries are acknowledged before they are on disk", Bug::early_ack},
      {"blind_retry", "5: a lost answer to a start is taken for a refusal", Bug::blind_retry},
      {"hasty_retry", "5: a start is repeated before request_timeout", Bug::hasty_retry},
      {"no_adoption", "5: a remote without a tag whose start's answer was lost is not adopted",
       Bug::no_adoption},
      {"no_intent", "5: the row does not say that a start may have left", Bug::no_intent},
      {"deaf_heartbeat", "6: heartbeats do not restart the idle clock", Bug::deaf_heartbeat},
      {"no_rollover", "6: no successor is made", Bug::none, no_rollover},
      {"late_rollover", "6: a successor is made at the maximum, not before", Bug::late_rollover},
      {"keeps_predecessor", "19: the old session goes on when its successor is active",
       Bug::keeps_predecessor},
      {"blind_sweep", "7: lists show nothing", Bug::blind_sweep},
      {"no_retry", "7: a plan that waits for its next attempt is not looked at again", Bug::no_retry},
      {"false_stop", "9: a stop that failed is taken for done", Bug::false_stop},
      {"hasty_gone", "5: a remote that its provider does not know twice within seconds is taken for gone",
       Bug::hasty_gone, nullptr, false, SimWorld::reads_fail},
      {"trusts_part", "24: a list that is not whole proves a start absent", Bug::trusts_part, nullptr, false,
       SimWorld::list_cut},
      {"denies_id", "5: a new remote with an id that was used before is not adopted", Bug::denies_id, nullptr,
       false, SimWorld::id_again},
      {"believes_creation", "6: a session is older than its start where its provider says so",
       Bug::believes_creation, nullptr, false, SimWorld::created_wrong},
      {"believes_date", "6: a Date is used that is old or beyond reason", Bug::believes_date, nullptr, false,
       SimWorld::provider_clock},
      {"believes_own_clock", "6: a provider's times are taken for times of the own wall clock",
       Bug::believes_own_clock, nullptr, false, SimWorld::clock_drift},
      {"stops_repeated", "7: an orphan that a list shows twice gets two sessions that stop it",
       Bug::stops_repeated, nullptr, false, SimWorld::list_repeats},
      {"knows_whole_tags", "5: a remote whose tag was cut is nobody's", Bug::knows_whole_tags, nullptr, false,
       SimWorld::tag_cut},
      {"believes_unreadable", "5: a list that cannot be read proves a start absent", Bug::believes_unreadable,
       nullptr, false, SimWorld::list_unreadable_item},
      {"starts_in_doubt", "5: a start of which nothing is proven is sent again while its remote may live",
       Bug::starts_in_doubt, nullptr, false, SimWorld::list_cut},
      {"shares_remote", "5: a remote stands for two sessions", Bug::shares_remote, nullptr, false,
       SimWorld::start_returns_living},
      {"counts_refused", "6: a heartbeat that was refused restarts the idle clock", Bug::counts_refused,
       nullptr, false, SimWorld::heartbeat_refused},
      {"ends_at_touch", "6: where the next window touches, no successor is made", Bug::ends_at_touch, nullptr,
       false, SimWorld::touching_windows},
      {"forgets_cleanup", "29: what has ended and is billed is not cleaned up", Bug::forgets_cleanup},
      {"zombie", "9: a remote that shows up alive after its end is not stopped", Bug::zombie},
      {"quiet_stop", "stop_timeout: a stop that lasts longer is not told", Bug::quiet_stop},
      {"no_circuit", "10: starts go on although the provider does not answer", Bug::no_circuit},
      {"no_backpressure", "allowance: a start leaves before the provider's Retry-After",
       Bug::no_backpressure},
      {"waits_for_end", "6: a session whose successor finds no room beside it goes on to its end",
       Bug::waits_for_end, nullptr, false, SimWorld::account_of_one},
      {"starts_beyond_keeping", "6: starts leave for sessions that cannot be kept alive",
       Bug::starts_beyond_keeping, nullptr, false, SimWorld::few_calls},
      {"greedy_sweep", "11: strangers in a list are stopped", Bug::greedy_sweep},
      {"any_candidate", "11: a stranger is adopted for a lost start", Bug::any_candidate},
      {"lost_missed", "12: what began nothing is not recorded", Bug::lost_missed},
      {"skips_unrecorded", "12: overlap skip: what was skipped is not recorded", Bug::skips_unrecorded},
      {"drops_buffered", "12: overlap buffer_one: a second one replaces the first", Bug::drops_buffered},
      {"loses_buffered", "12: overlap buffer_one: what waits never begins", Bug::loses_buffered},
      {"keeps_buffered", "12: overlap buffer_one: what waits is not dropped by a change to skip",
       Bug::keeps_buffered, nullptr, false, SimWorld::config_overlap},
      {"stays_ahead", "12: what a clock that was ahead looked at holds the plan up", Bug::stays_ahead,
       nullptr, false, SimWorld::clock_ahead},
      {"believes_1970", "12: a clock that was never set begins and passes over occurrences",
       Bug::believes_1970, nullptr, false, SimWorld::clock_1970},
      {"acts_backwards", "12: a changed schedule counts from before its change", Bug::acts_backwards, nullptr,
       false, SimWorld::config_schedule},
      {"forgets_absence", "12: a plan that comes back counts from before it was taken out",
       Bug::forgets_absence, nullptr, false, SimWorld::plan_removed_and_back},
      {"counts_from_process", "12: what was due while no process lived is not recorded",
       Bug::counts_from_process, nullptr, false, SimWorld::config_invalid},
      {"takes_jitter_for_identity", "12: an occurrence begins again after its jitter was changed",
       Bug::takes_jitter_for_identity, nullptr, false, SimWorld::config_jitter},
      {"keeps_zone_rules", "12: changed rules of a time zone are not heeded", Bug::none, keeps_zone_rules,
       false, SimWorld::zone_data},
      {"begins_twice", "12: an occurrence that began is not remembered", Bug::begins_twice},
      {"no_catch_up", "12: catch_up: nothing begins that is late", Bug::none, no_catch_up},
      {"no_jitter", "12: jitter: sessions begin before their jittered time", Bug::none, no_jitter},
      {"unstable_jitter", "12: jitter: it is drawn anew at each load", Bug::none, unstable_jitter},
      {"skip_allows", "overlap skip: it begins beside the last one", Bug::none,
       other_overlap<Overlap::skip, Overlap::allow>},
      {"replace_waits", "overlap replace: the last one goes on", Bug::none,
       other_overlap<Overlap::replace, Overlap::buffer_one>},
      {"allow_skips", "overlap allow: it is passed over", Bug::none,
       other_overlap<Overlap::allow, Overlap::skip>},
      {"always_restarts", "restart: also what ended well or is never to be", Bug::none, always_restarts},
      {"never_restarts", "7: restart: nothing is", Bug::none, never_restarts},
      {"no_backoff", "backoff: what failed is tried again at once", Bug::none, no_backoff},
      {"no_max_duration", "max_duration: sessions live on after it", Bug::none, no_max_duration},
      {"no_window_end", "windows: sessions live on after the end of their window", Bug::no_window_end},
      {"keeps_replicas", "20: sessions of a count that was reduced live on", Bug::keeps_replicas},
      {"no_count", "13: what ended sessions took is forgotten", Bug::no_count},
      {"forgetful_alerts", "14: alerts do not outlive the process", Bug::forgetful_alerts},
      {"told_twice", "14: what lasts is told each time that it is seen", Bug::told_twice},
      {"eager_repeat", "14: what lasts is told again before the repeat interval", Bug::none, eager_repeat},
      {"no_repeat", "14: what lasts is never told again", Bug::none, no_repeat},
      {"never_over", "15: it is not told that something is over", Bug::never_over},
      {"deaf_target", "15: a message that was not delivered is believed to be", Bug::deaf_target},
      {"no_second_try", "15: a message that was not delivered is given up", Bug::no_second_try},
      {"blind_route", "16: a machine without a route is taken for a provider that fails", Bug::blind_route},
      {"no_start_timeout", "17: a session may be queued for ever", Bug::none, no_start_timeout},
      {"hasty_leave", "18: the process does not wait for what it stops", Bug::hasty_leave},
      {"leaves_running", "18: sessions of plans with on_shutdown: stop are not stopped", Bug::leaves_running},
      {"stops_all_at_shutdown", "18: sessions of plans with on_shutdown: leave are stopped", Bug::none,
       stops_all_at_shutdown},
      {"break_first", "19: the old session is stopped before its successor is active", Bug::none,
       break_first},
      {"deaf_reload", "20: a changed configuration is not taken up", Bug::deaf_reload},
      {"late_delivery", "8: a delivery that comes after the end moves a session", Bug::late_delivery},
      {"progress_back", "deliveries: one that comes late takes a session's progress back",
       Bug::progress_back},
      {"double_delivery", "8: a delivery that comes again is recorded again", Bug::double_delivery},
      {"unmatched_held", "deliveries: those that wait are not matched once their session is known",
       Bug::unmatched_held},
      {"never_unmatched", "3: a delivery that waited too long stays due", Bug::never_unmatched, nullptr,
       false, SimWorld::deliveries_of_others},
      {"lets_out_held", "22: what a commit covers leaves while it hangs", Bug::lets_out_held, nullptr, true},
      {"loses_held", "22: what a commit that hung covers never leaves", Bug::loses_held, nullptr, true},
      {"denies_applied", "22: a commit that failed is not on disk, whatever the store says",
       Bug::denies_applied, nullptr, true},
      {"waits_for_disk", "23: the rounds stand still while a commit hangs", Bug::waits_for_disk, nullptr,
       true},
      {"no_beats_in_outage", "21: heartbeats stop in an outage of the store", Bug::no_beats_in_outage,
       nullptr, true},
      {"loses_lost", "22: rows that the disk lost are not written again", Bug::loses_lost, nullptr, true},
      {"loses_waiting", "22: answers that waited for the end of an outage are lost", Bug::loses_waiting,
       nullptr, true},
      {"starts_in_outage", "22: calls leave in an outage whose rows are not on disk", Bug::starts_in_outage,
       nullptr, true},
      {"renews_by_name", "28: whoever has the leader's name renews its lease", Bug::renews_by_name},
      {"lease_from_answer", "28: the lease counts from the answer", Bug::lease_from_answer},
      {"no_start_bound", "28: a former leader's start has left by the takeover", Bug::no_start_bound},
      {"hasty_release", "28: the lead is given back while a start of the one before may leave",
       Bug::hasty_release},
      {"unfenced_prune", "28: rows are pruned without the fence", Bug::unfenced_prune},
      {"believes_warning", "28: a COMMIT that ended with a warning is one", Bug::believes_warning},
      {"watch_goes_on", "28: a watch that was broken goes on", Bug::watch_goes_on},
      {"unchecked_start", "28: a start leaves without a look at the lease", Bug::unchecked_start},
  };
  return all;
}

const Mutant& mutant_named(std::string_view name) {
  const auto found =
      std::find_if(mutants().begin(), mutants().end(), [&](const Mutant& one) { return one.name == name; });
  KEEPER_CHECK(found != mutants().end());
  return *found;
}

void plant(const Mutant& mutant) {
#ifdef KEEPER_PLANTED_BUGS
  planted_bug = mutant.bug;
#else
  KEEPER_CHECK(mutant.bug == Bug::none);
#endif
}

std::shared_ptr<const Config> given(const Mutant& mutant, const std::shared_ptr<const Config>& config) {
  if (!mutant.ignore) return config;
  auto other = std::make_shared<Config>(*config);
  mutant.ignore(*other);
  return other;
}

}  // namespace keeper::sim
