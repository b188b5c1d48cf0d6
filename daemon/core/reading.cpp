#include "core/reading.h"

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "base/planted.h"
#include "core/deadlines.h"
#include "core/idle_clock.h"
#include "core/lifecycle.h"
#include "core/provider_time.h"
#include "core/unasked_end.h"

namespace keeper {
namespace {

// How long after a deadline a provider may still say "active" before its word is doubted.
constexpr Millis expiry_slack = Seconds{5};
constexpr Millis queued_poll = Seconds{10};
constexpr Millis heartbeat_retry_min = Seconds{1};
// Of a session's time, where a heartbeat failed before any was known to count.
constexpr Millis unknown_left = Seconds{30};

Millis tenth_by_hash(const SessionId& id, Millis of) {
  const auto tenth = static_cast<std::uint64_t>(of.count() / 10 + 1);
  return Millis{static_cast<std::int64_t>(stable_hash(id.str(), 7) % tenth)};
}

// Before the maximum: the larger of 10 % and the slow start, at most half; spread by up to another tenth.
Mono rollover_time(const Plan& plan, const Traits& traits, const Tracked& session, Mono begin, Mono hard) {
  const Millis whole = hard - begin;
  Millis before = plan.keep_alive.rollover_before.value_or(std::max(whole / 10, traits.slow_start));
  before = std::min(before, whole / 2);
  if (traits.one_per_place) before = std::min(before, whole / 10);
  if (planted(Bug::late_rollover)) return hard;
  return hard - before - tenth_by_hash(session.row.id, before);
}

void set_deadlines(Draft& draft, Tracked& session, const Remote& remote, const Answer& answer) {
  const Plan* plan = draft.plan(session.row.plan);
  const Traits* traits = draft.traits(session.row.provider);
  if (!plan || !traits) return;
  const Mono begin = remote_created(draft, session, remote, answer);
  const auto maximum = remote.maximum ? remote.maximum : plan->maximum;
  set_idle_clock(draft, session, *plan, *traits, remote, answer);
  const auto known_end = session.hard_at;
  const auto end =
      remote.expires_at ? std::optional(ahead_on_our_clock(draft, answer, *remote.expires_at)) : std::nullopt;
  arm_maximum(session, begin, end ? std::optional<Millis>(*end - begin) : maximum);
  arm_own_maximum(session, begin, plan->max_duration);
  const Mono hard = std::min(session.hard_at.value_or(mono_never), session.own_hard_at.value_or(mono_never));
  if (session.row.successor) return;
  const bool changed = session.row.fingerprint != plan->fingerprint;
  if (!changed && (plan->keep_alive.rollover == Rollover::off || hard == mono_never)) {
    drop_rollover(session);
    return;
  }
  const Mono now = draft.now().mono;
  // The begin of an end that is told by itself may be unknown, and heartbeats may move that end.
  const Mono counted_from = end ? answer.sent_at : begin;
  const Mono planned = changed ? now : rollover_time(*plan, *traits, session, counted_from, hard);
  const bool end_stays = end && known_end && std::chrono::abs(*end - *known_end) < expiry_slack;
  // A rollover whose successor failed waits for its next try.
  const bool waits = session.rollover_at && planned <= now && *session.rollover_at > now;
  if (!waits && (changed || !end_stays || !session.rollover_at)) arm_rollover(session, planned);
}

// The provider says "active" well after a limit of its own: it is lax or the remote is dead. It is stopped.
void doubt_expired(Draft& draft, Tracked& session, const Answer& answer) {
  if (session.row.ending || is_terminal(session.row.state)) return;
  if (session.hard_at && answer.sent_at >= *session.hard_at + expiry_slack) {
    ask_end(draft, session.row.id, State::timed_out, Reason::max_duration, Cause::deadline);
  } else if (session.idle_at && answer.sent_at >= *session.idle_at + expiry_slack) {
    ask_end(draft, session.row.id, State::timed_out, Reason::idle_timeout, Cause::deadline);
  }
}

void apply_end(Draft& draft, Tracked& session, const Reading& reading) {
  const Remote& remote = reading.remote;
  if (is_terminal(session.row.state)) {
    resolve(draft, session.row.id);
    return;
  }
  // An end that was asked for stands, whatever brought it about. A failure that the provider knows of shows
  // as such, and nobody is told of a loss.
  if (session.row.ending) {
    if (remote.state == State::error) session.row.ending->state = State::error;
    end_as_asked(draft, session.row.id, remote.detail);
    return;
  }
  const auto ended = remote.ended_at && reading.answer.provider_now
                         ? on_boot_clock(draft, reading.answer, *remote.ended_at) + 2 * date_resolution
                         : draft.now().mono;
  const EndedAs as = unasked_end(session, draft.plan(session.row.plan), remote, ended);
  const Wall at = remote.ended_at && !reading.answer.provider_now ? *remote.ended_at : draft.now().wall;
  end_session(draft, session.row.id, {as.state, as.reason, reading.cause, at, true, remote.detail});
}

Millis::rep sessions_at(const Draft& draft, const ProviderName& provider) {
  const auto& sessions = draft.world().sessions;
  return std::count_if(sessions.begin(), sessions.end(),
                       [&](const auto& one) { return one.second.row.provider == provider; });
}

}  // namespace

bool confirms_heartbeat(const Tracked& before, const Tracked& after) {
  const bool answered =
      before.flight && before.flight->kind == EffectKind::keep_alive && before.flight != after.flight;
  const bool good = after.tries == 0 && after.absent_reads == 0 && after.row.progress != Progress::ended;
  return answered && good && before.idle_at && after.vain_heartbeats == 0;
}

void apply_reading(Draft& draft, const SessionId& id, const Reading& reading) {
  Tracked& session = draft.edit(id);
  const Remote& remote = reading.remote;
  session.absent_reads = 0;
  session.tries = 0;
  session.confirm = false;
  session.row.last_error.clear();
  if (remote.progress >= session.row.progress && !remote.native_status.empty()) {
    session.row.native_status = remote.native_status;
  }
  if (remote.progress == Progress::ended) {
    apply_end(draft, session, reading);
    return;
  }
  if (is_terminal(session.row.state)) {
    if (planted(Bug::zombie)) return;
    // A verified end is final: what still shows as alive is stopped.
    session.is_over = false;
    if (!session.row.ending) {
      session.row.ending = Ending{session.row.state, session.row.reason, reading.cause, draft.now().wall};
    }
    call_now(session, draft.now().mono);
    return;
  }
  session.seen_alive = true;
  session.row.progress = std::max(session.row.progress, remote.progress);
  if (session.row.progress >= Progress::started) {
    activate(draft, id, reading.active_reason, reading.cause, draft.now().wall);
  }
  note_creation(draft, session, remote, reading.answer);
  set_deadlines(draft, session, remote, reading.answer);
  session.read_at = reading.answer.sent_at;
  if (session.activity != remote.last_activity_at)
    session.activity_told_at = when_came(reading.answer, draft.now()).mono;
  session.activity = remote.last_activity_at;
  session.deadline = remote.idle_until;
  doubt_expired(draft, session, reading.answer);
  plan_next_call(draft, session, reading);
}

void plan_next_call(Draft& draft, Tracked& session, const Reading& reading) {
  const Answer& answer = reading.answer;
  const Mono now = draft.now().mono;
  if (session.row.ending) {
    hasten_call(session, now);
    return;
  }
  const Traits* traits = draft.traits(session.row.provider);
  const Millis poll = traits ? traits->poll_interval : Millis{Seconds{30}};
  Millis wait = session.row.state == State::queued ? std::min(poll, queued_poll) : poll;
  if (traits && traits->watch_spacing > Millis{0}) {
    wait = std::max(wait, traits->watch_spacing * sessions_at(draft, session.row.provider));
  }
  arm_watch(session, now, wait - tenth_by_hash(session.row.id, wait));
  if (session.beat_at) {
    // A heartbeat that did not move the idle clock is repeated within what is left.
    const bool beat = answer.kind == EffectKind::keep_alive;
    if (beat && *session.beat_at <= answer.sent_at) {
      if (++session.vain_heartbeats >= 2) {
        const std::string& why = reading.remote.heartbeat_error;
        session.row.last_error = std::to_string(session.vain_heartbeats) +
                                 " heartbeats in a row did not move the idle clock" +
                                 (why.empty() ? "" : ": " + why);
      }
      const Millis left = session.idle_at ? std::max(*session.idle_at - now, Millis{0}) : unknown_left;
      repeat_heartbeat(session, now, std::max(left / 3, heartbeat_retry_min));
    } else if (beat) {
      session.vain_heartbeats = 0;
    }
    hasten_call(session, std::max(*session.beat_at, now));
  }
  for (const auto& limit : {session.idle_at, session.hard_at}) {
    if (limit) hasten_call(session, std::max(*limit + expiry_slack, now + Seconds{1}));
  }
}

}  // namespace keeper
