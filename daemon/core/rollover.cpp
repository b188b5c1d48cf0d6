#include "core/rollover.h"

#include <algorithm>

#include "base/planted.h"
#include "core/budget.h"
#include "core/deadlines.h"
#include "core/lifecycle.h"
#include "core/occurrences.h"

namespace keeper {
namespace {

constexpr Millis predecessor_wait = Seconds{2};
// Windows that touch are followed as far as this; beyond it the session is taken to be wanted.
constexpr int windows_max = 1'000;
// Long enough for a stop before the session ends by itself, so that the room is known to be free.
constexpr Millis last_moment = Seconds{10};
constexpr Millis room_remembered = std::chrono::hours{6};

Mono end_of(const Tracked& session) {
  return std::min(session.hard_at.value_or(mono_never), session.own_hard_at.value_or(mono_never));
}

bool is_changed(const Draft& draft, const SessionRow& row) {
  const Plan* plan = draft.plan(row.plan);
  return plan && row.fingerprint != plan->fingerprint;
}

// What changed is not worth waiting for.
Mono break_at(const Draft& draft, const Tracked& session) {
  if (is_changed(draft, session.row)) return draft.now().mono;
  const Mono end = end_of(session);
  return end == mono_never ? mono_never : std::max(end - last_moment, draft.now().mono);
}

bool has_no_room(const Draft& draft, const ProviderName& provider) {
  return draft.now().mono < draft.provider(provider).breaks_first_until;
}

void end_for_successor(Draft& draft, const Tracked& session) {
  ask_end(draft, session.row.id, State::closed, Reason::superseded,
          is_changed(draft, session.row) ? Cause::reload : Cause::schedule);
}

// Its start was refused, and is not under way again: note_no_room() is asked once more if that is refused
// too.
bool waits_for_room(const Draft& draft, const SessionId& successor) {
  const Tracked* next = draft.find(successor);
  return next && next->row.state == State::queued && !next->row.ending && !next->row.remote_id &&
         !next->row.start_sent_at;
}

bool breaks_first(const Plan& plan, const Traits& traits) {
  return traits.one_per_place || plan.keep_alive.rollover == Rollover::break_before_make;
}

// What wants the session ends before the session does: no successor is needed. A window that begins when the
// last one ends, or while a start by hand lasts, goes on with its session, so that the end of the last of
// them counts.
bool outlives_want(Draft& draft, const Plan& plan, const Tracked& session) {
  const PlanTrack* track = draft.plan_track(plan.name);
  Wall at = draft.now().wall;
  std::optional<Wall> until = wanted_until(plan, track->row, at);
  if (!until) return true;
  const Mono hard = end_of(session);
  if (hard == mono_never) return false;
  const Wall end = draft.now().wall + (hard - draft.now().mono);
  if (planted(Bug::ends_at_touch)) return until && *until <= end;
  for (int n = 0; n < windows_max && until && *until <= end; ++n) {
    at = *until;
    until = wanted_until(plan, track->row, at);
  }
  return !until;
}

// False where the plan is about to end the session. A reload, or the end of a window, is settled for the
// session before it is for the plan, and a successor that is made in between would be stopped at once.
bool is_still_wanted(const Draft& draft, const Plan& plan, const SessionRow& row) {
  if (row.replica >= plan.count) return false;
  const PlanTrack* track = draft.plan_track(plan.name);
  const bool windows = plan.schedule.kind() != Schedule::Kind::occurrences;
  return !windows || !track || want_now(plan, track->row, draft.now().wall, false).alive;
}

}  // namespace

void maybe_roll_over(Draft& draft, Tracked& session) {
  const Plan* plan = draft.plan(session.row.plan);
  const Traits* traits = draft.traits(session.row.provider);
  const bool due = session.rollover_at && draft.now().mono >= *session.rollover_at;
  if (!due || !plan || !traits || draft.shutting_down()) return;
  if (session.row.state != State::active || session.row.ending) return;
  if (session.row.successor) {
    drop_rollover(session);
    if (waits_for_room(draft, *session.row.successor)) end_for_successor(draft, session);
    return;
  }
  if (draft.is_paused(session.row.plan)) {
    // A successor would be a start. The next read plans it anew.
    drop_rollover(session);
    return;
  }
  if (session.row.predecessor && draft.find(*session.row.predecessor)) {
    // Two at most: its own predecessor goes first.
    postpone_rollover(session, draft.now().mono + predecessor_wait);
    return;
  }
  const bool changed = is_changed(draft, session.row);
  drop_rollover(session);
  if (!is_still_wanted(draft, *plan, session.row)) return;
  // Where occurrences overlap, an older one's session lives on as it was started.
  if (draft.slot({plan->name, session.row.replica}).occurrence != session.row.occurrence) return;
  if (!changed && outlives_want(draft, *plan, session)) return;
  if (const auto block = budget_block(draft, *plan)) {
    postpone_rollover(session, on_mono(*block, draft.now()));
    return;
  }
  const bool planned =
      breaks_first(*plan, *traits) || (changed && plan->keep_alive.rollover == Rollover::off);
  const bool no_room = !planned && has_no_room(draft, plan->provider);
  if (no_room && draft.now().mono < break_at(draft, session)) {
    postpone_rollover(session, break_at(draft, session));
    return;
  }
  if (planned || no_room) {
    end_for_successor(draft, session);
    return;
  }
  create_session(draft, *plan, session.row.replica, session.row.occurrence, Reason::rollover,
                 changed ? Cause::reload : Cause::schedule, session.row.id);
}

void note_no_room(Draft& draft, const SessionId& refused) {
  if (planted(Bug::waits_for_end)) return;
  const Tracked* next = draft.find(refused);
  if (!next || next->row.resolved || !next->row.predecessor) return;
  const Tracked* old = draft.find(*next->row.predecessor);
  if (!old || old->row.state != State::active || old->row.ending || old->row.successor != refused) return;
  draft.edit_provider(next->row.provider).breaks_first_until = draft.now().mono + room_remembered;
  Tracked& session = draft.edit(*next->row.predecessor);
  postpone_rollover(session, break_at(draft, session));
  draft.wake_session(session.row.id);
}

void note_room_beside(Draft& draft, const SessionId& started) {
  const Tracked* next = draft.find(started);
  const Tracked* old = next && next->row.predecessor ? draft.find(*next->row.predecessor) : nullptr;
  const bool beside = old && old->row.state == State::active && !old->row.ending;
  if (beside && has_no_room(draft, next->row.provider))
    draft.edit_provider(next->row.provider).breaks_first_until = Mono{};
}

Mono next_rollover(const Draft& draft, const Tracked& session, Millis wait) {
  const Mono at = draft.now().mono + wait;
  return has_no_room(draft, session.row.provider) ? std::min(at, break_at(draft, session)) : at;
}

}  // namespace keeper
