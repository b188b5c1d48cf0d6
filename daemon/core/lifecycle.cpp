#include "core/lifecycle.h"

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "base/planted.h"
#include "core/budget.h"
#include "core/circuit.h"
#include "core/deadlines.h"
#include "core/former_start.h"
#include "core/heartbeat_load.h"
#include "core/notices.h"
#include "core/rollover.h"

namespace keeper {
namespace {

// How far an attempt counts as failed: it lived for less than this before it ended unasked.
bool ended_early(const SessionRow& row, const Plan& plan) {
  if (row.active_at && ends_as_planned(plan, row.state, row.reason)) return false;
  const Millis enough = plan.keep_alive.backoff_reset_after;
  return !row.active_at || !row.ended_at || *row.ended_at - *row.active_at < enough;
}

// initial_backoff doubled for each early end in a row, up to max_backoff; full jitter above the initial one.
Millis restart_backoff(const Plan& plan, const SessionId& id, int failures) {
  const KeepAlive& keep = plan.keep_alive;
  Millis cap = keep.initial_backoff;
  for (int i = 0; i < failures && cap < keep.max_backoff; ++i) cap *= 2;
  cap = std::min(cap, keep.max_backoff);
  const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(cap.count(), 1));
  const Millis jitter{static_cast<std::int64_t>(stable_hash(id.str(), 3) % spread)};
  return std::min(keep.initial_backoff + jitter, std::max(keep.max_backoff, keep.initial_backoff));
}

// What the slot remembers of its newest attempt's end.
void note_end(Draft& draft, const SessionRow& row) {
  const SlotKey key{row.plan, row.replica};
  Slot& slot = draft.edit_slot(key);
  // One that was ended for a successor that is still to be made counts as the newest: earlier tries failed.
  const bool makes_room = row.reason == Reason::superseded && !row.successor;
  const bool newest = slot.occurrence == row.occurrence && (row.attempt + 1 == slot.attempts || makes_room);
  if (!newest) return;
  const Plan* plan = draft.plan(row.plan);
  slot.last_state = row.state;
  slot.last_reason = row.reason;
  slot.last_error = row.last_error;
  slot.ended_by_reload = row.ending && row.ending->cause == Cause::reload;
  if (ended_by_keeper(row.reason)) {
    arm_attempt(slot, draft.now().mono, Millis{0});
    return;
  }
  // What happened while this machine had no route is not held against the plan.
  const bool ours = draft.provider(row.provider).cut_off;
  slot.failures = plan && ended_early(row, *plan) ? row.failures + (ours ? 0 : 1) : 0;
  arm_attempt(slot, draft.now().mono, plan ? restart_backoff(*plan, row.id, slot.failures) : Millis{0});
}

// It should have lived on, and neither the keeper nor an operator ended it.
bool is_lost(const SessionRow& row, const Plan& plan) {
  if (!row.active_at || row.successor || ended_by_keeper(row.reason)) return false;
  switch (row.state) {
    case State::error:
      return true;
    case State::timed_out:
      return !ends_as_planned(plan, row.state, row.reason);
    case State::closed:
      return effective_restart(plan) == Restart::always;
    case State::queued:
    case State::active:
      return false;
  }
  check_failed("a known State", __FILE__, __LINE__);
}

void tell_lost(Draft& draft, const SessionRow& row) {
  const Plan* plan = draft.plan(row.plan);
  if (!plan || !is_lost(row, *plan)) return;
  std::string text = "session " + row.id.str() + " of plan " + row.plan.str() +
                     " was lost: " + std::string(to_string(row.state)) + ", " +
                     std::string(to_string(row.reason));
  if (!row.last_error.empty()) text += " (" + row.last_error + ")";
  happen(draft, Topic::session_lost, row.plan.str(), text);
}

// A successor that ended before it took over leaves its predecessor to try again.
void free_predecessor(Draft& draft, const SessionRow& row) {
  if (!row.predecessor || row.active_at || !draft.find(*row.predecessor)) return;
  Tracked& old = draft.edit(*row.predecessor);
  if (old.row.successor != row.id) return;
  old.row.successor.reset();
  const Plan* plan = draft.plan(row.plan);
  const Millis wait = plan ? restart_backoff(*plan, row.id, row.failures + 1) : Millis{Seconds{10}};
  postpone_rollover(old, next_rollover(draft, old, wait));
  draft.wake_session(*row.predecessor);
}

void leave_slot(Draft& draft, const Tracked& session) {
  const SessionRow& row = session.row;
  Slot& slot = draft.edit_slot({row.plan, row.replica});
  slot.live.erase(std::remove(slot.live.begin(), slot.live.end(), row.id), slot.live.end());
  if (session.seen_alive) slot.vacated_at = draft.now().mono;
  draft.wake_plan(row.plan);
}

}  // namespace

Millis call_backoff(const SessionId& id, int tries, Millis most) {
  Millis wait = Seconds{1};
  for (int i = 1; i < tries && wait < most; ++i) wait *= 2;
  wait = std::min(wait, most);
  const auto half = static_cast<std::uint64_t>(wait.count() / 2 + 1);
  const std::uint64_t draw = stable_hash(id.str(), static_cast<std::uint64_t>(tries) + 100) % half;
  return wait - Millis{static_cast<std::int64_t>(draw)};
}

std::string scope_of(const SessionRow& row, const Traits* traits) {
  if (!traits) return {};
  switch (traits->start_scope) {
    case StartScope::free:
      return {};
    case StartScope::place:
      return row.provider.str() + "|" + row.place;
    case StartScope::provider:
      // Where nothing can be looked up, nothing has to be told apart.
      return traits->can_find ? row.provider.str() : std::string{};
  }
  check_failed("a known StartScope", __FILE__, __LINE__);
}

void release_scope(Draft& draft, const SessionId& id) {
  const Tracked* session = draft.find(id);
  const std::string key = scope_of(session->row, draft.traits(session->row.provider));
  if (key.empty()) return;
  const Scope& old = draft.scope(key);
  const bool waits = std::find(old.waiting.begin(), old.waiting.end(), id) != old.waiting.end();
  if (!old.holders.contains(id) && !waits) return;
  Scope& scope = draft.edit_scope(key);
  scope.holders.erase(id);
  std::erase(scope.waiting, id);
  for (const SessionId& other : scope.waiting) draft.wake_session(other);
}

SessionId session_id(const InstanceId& instance, const PlanName& plan, Wall occurrence, int replica,
                     int attempt) {
  return SessionId{stable_hex128(instance.str() + "|" + plan.str() + "|" +
                                 std::to_string(occurrence.time_since_epoch().count()) + "|" +
                                 std::to_string(replica) + "|" + std::to_string(attempt))};
}

const SessionId& create_session(Draft& draft, const Plan& plan, int replica, Wall occurrence, Reason reason,
                                Cause cause, const std::optional<SessionId>& predecessor) {
  Slot& slot = draft.edit_slot({plan.name, replica});
  if (slot.occurrence != occurrence) {
    slot.occurrence = occurrence;
    slot.attempts = 0;
  }
  SessionRow row;
  row.plan = plan.name;
  row.provider = plan.provider;
  row.occurrence = occurrence;
  row.replica = replica;
  row.attempt = slot.attempts++;
  row.failures = slot.failures;
  row.id = session_id(draft.world().instance, plan.name, occurrence, replica, row.attempt);
  row.place = plan.place;
  row.parameters = plan.parameters;
  row.fingerprint = plan.fingerprint;
  row.reason = reason;
  row.created_at = draft.now().wall;
  row.predecessor = predecessor;
  if (predecessor) draft.edit(*predecessor).row.successor = row.id;
  Tracked& session = draft.add(row);
  call_now(session, draft.now().mono);
  arm_start_timeout(session, draft.now().mono, plan.start_timeout);
  slot.live.push_back(row.id);
  reserve(draft, row);
  draft.transition(session.row, std::nullopt, cause, draft.now().wall, {});
  draft.wake_session(row.id);
  return session.row.id;
}

void activate(Draft& draft, const SessionId& id, Reason reason, Cause cause, Wall at) {
  Tracked& session = draft.edit(id);
  if (session.row.state != State::queued || session.row.ending) return;
  session.row.state = State::active;
  session.row.reason = reason;
  session.row.progress = std::max(session.row.progress, Progress::started);
  session.row.active_at = at;
  session.seen_alive = true;
  drop_start_timeout(session);
  const Plan* plan = draft.plan(session.row.plan);
  if (plan && plan->max_duration) arm_own_maximum(session, draft.now().mono, plan->max_duration);
  draft.transition(session.row, State::queued, cause, at, {});
  draft.wake_plan(session.row.plan);
  if (session.row.predecessor && draft.find(*session.row.predecessor) && !planted(Bug::keeps_predecessor)) {
    ask_end(draft, *session.row.predecessor, State::closed, Reason::superseded, Cause::schedule);
  }
}

void ask_end(Draft& draft, const SessionId& id, State state, Reason reason, Cause cause) {
  Tracked& session = draft.edit(id);
  if (session.row.ending || is_terminal(session.row.state)) return;
  session.row.ending = Ending{state, reason, cause, draft.now().wall};
  session.tries = 0;
  call_now(session, draft.now().mono);
  drop_start_timeout(session);
  draft.wake_session(id);
}

void end_session(Draft& draft, const SessionId& id, const End& end) {
  Tracked& session = draft.edit(id);
  KEEPER_CHECK(!is_terminal(session.row.state) && is_terminal(end.state));
  const State from = session.row.state;
  session.row.state = end.state;
  session.row.reason = end.reason;
  session.row.progress = Progress::ended;
  session.row.ended_at = std::max(end.at, session.row.active_at.value_or(session.row.created_at));
  if (!end.detail.empty()) session.row.last_error = end.detail;
  draft.transition(session.row, from, end.cause, end.at, end.detail);
  note_end(draft, session.row);
  tell_lost(draft, session.row);
  free_predecessor(draft, session.row);
  if (end.resolved) {
    resolve(draft, id);
  } else {
    call_now(session, draft.now().mono);
    session.tries = 0;
    draft.wake_session(id);
  }
}

void end_as_asked(Draft& draft, const SessionId& id, std::string detail) {
  const Tracked& session = draft.edit(id);
  KEEPER_CHECK(session.row.ending);
  const Ending ending = *session.row.ending;
  end_session(draft, id,
              {ending.state, ending.reason, ending.cause, draft.now().wall, true, std::move(detail)});
}

void resolve(Draft& draft, const SessionId& id) {
  Tracked& session = draft.edit(id);
  KEEPER_CHECK(is_terminal(session.row.state));
  if (session.is_over) return;
  if (const auto until = place_kept_until(draft, session)) {
    arm_retry(session, *until);
    return;
  }
  const Traits* traits = draft.traits(session.row.provider);
  release_scope(draft, id);
  if (!traits || !traits->has_cleanup || !session.row.remote_id || planted(Bug::forgets_cleanup)) {
    leave(draft, id);
  } else {
    session.is_over = true;
    session.tries = 0;
    call_now(session, draft.now().mono);
    draft.wake_session(id);
  }
  end_idle_alert(draft, session.row.provider);
  leave_slot(draft, session);
  if (session.row.remote_id) note_room(draft, session.row);
}

void leave(Draft& draft, const SessionId& id) {
  Tracked& session = draft.edit(id);
  session.row.resolved = true;
  spend(draft, session.row);
}

}  // namespace keeper
