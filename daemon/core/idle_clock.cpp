#include "core/idle_clock.h"

#include <algorithm>

#include "base/planted.h"
#include "core/deadlines.h"
#include "core/provider_time.h"

namespace keeper {
namespace {

// A deadline that is told is put on our clock from whole seconds, twice.
constexpr Millis told_jitter = 2 * date_resolution;

// A start, or a heartbeat that was taken.
bool is_ours(const Remote& remote, const Answer& answer) {
  return answer.kind == EffectKind::start ||
         (answer.kind == EffectKind::keep_alive &&
          (remote.heartbeat_error.empty() || planted(Bug::counts_refused)));
}

// When the remote was last active, as the provider tells it. It is put on our clock where the provider's
// clock can be told, up to a `Date`'s resolution too late, so that a difference within that is none. Else it
// says only whether the remote was active since the last reading.
std::optional<Mono> active_as_told(const Draft& draft, const Tracked& session, const Remote& remote,
                                   const Answer& answer, Millis idle, std::optional<Mono> as_before) {
  const Wall told = *remote.last_activity_at;
  const bool ours = is_ours(remote, answer);
  const Mono left = start_left(session, draft.now()).value_or(Mono::min());
  if (provider_time(draft, answer)) {
    // What was told before had happened by then, whatever a clock says that may be wrong.
    const Mono by = session.activity == told ? session.activity_told_at : mono_never;
    const Mono active = std::max(std::min(on_boot_clock(draft, answer, told), by), left);
    const bool same = as_before && active > *as_before && active - *as_before <= date_resolution;
    return same && !ours ? as_before : active;
  }
  if (answer.kind == EffectKind::start) return answer.sent_at;
  // Nothing to compare with: a heartbeat is due at once, and until its answer the session is not given up.
  if (!session.activity) return std::max(answer.sent_at - idle * 2 / 3, left);
  if (told <= *session.activity) return as_before;
  return ours ? answer.sent_at : session.read_at;
}

// When the remote was last active; empty: nobody can tell. A heartbeat that was refused is no activity.
std::optional<Mono> last_active(const Draft& draft, const Tracked& session, const Traits& traits,
                                const Remote& remote, const Answer& answer, Millis idle) {
  const auto as_before = session.idle_at ? std::optional<Mono>(*session.idle_at - idle) : std::nullopt;
  const bool by_answer =
      answer.kind == EffectKind::start || traits.heartbeat_proof != HeartbeatProof::read_back;
  const auto counted = by_answer && is_ours(remote, answer) ? std::optional(answer.sent_at) : as_before;
  if (!remote.last_activity_at) return counted;
  const auto told = active_as_told(draft, session, remote, answer, idle, as_before);
  return traits.heartbeat_proof == HeartbeatProof::answer ? std::max(told, counted) : told;
}

// How often, where a session ends `idle` after its last activity; empty: no heartbeats are sent.
std::optional<Millis> beats_every(Tracked& session, const Plan& plan, const Traits& traits, Millis idle) {
  session.beats_sooner = false;
  if (!plan.keep_alive.heartbeat || !traits.has_heartbeat) return std::nullopt;
  const auto& asked = plan.keep_alive.heartbeat_every;
  session.beats_sooner = asked && *asked >= idle;
  const Millis every = asked && !session.beats_sooner ? *asked : idle / 3;
  if (session.beats_sooner) {
    session.row.last_error = "the plan's heartbeat, " + to_text(*asked) +
                             ", is not shorter than the idle timeout that the provider reports, " +
                             to_text(idle) + ": heartbeats are sent every " + to_text(every);
  }
  return every;
}

void count_from_activity(Draft& draft, Tracked& session, const Plan& plan, const Traits& traits, Millis idle,
                         const Remote& remote, const Answer& answer) {
  const auto active = last_active(draft, session, traits, remote, answer, idle);
  if (active) arm_idle_timeout(session, *active, idle);
  const auto every = beats_every(session, plan, traits, idle);
  if (!every) return drop_heartbeat(session);
  arm_heartbeat(session, active.value_or(answer.sent_at - *every), *every);
}

// The deadline after a start or a heartbeat that counts by its own answer; `idle`: the timeout that the start
// asked for, where that is known.
Mono deadline_by_answer(const Tracked& session, const Traits& traits, Mono sent, bool starts, Millis idle) {
  const auto& extension = traits.extension;
  if (starts || !extension) return sent + idle;
  if (!extension->adds) return sent + extension->by;
  return std::max(session.idle_at.value_or(sent), sent) + extension->by;
}

// Where no clock can be told, a deadline says only whether it moved since the last reading: no time of it is
// believed. `whole`: what a heartbeat gives.
std::optional<Mono> deadline_by_movement(const Tracked& session, const Remote& remote, const Answer& answer,
                                         Millis whole) {
  if (answer.kind == EffectKind::start) return answer.sent_at + whole;
  // Nothing to compare with: a heartbeat is due at once, and until its answer the session is not given up.
  if (!session.deadline) return session.idle_at.value_or(answer.sent_at + whole / 3);
  if (*remote.idle_until <= *session.deadline) return session.idle_at;
  return (is_ours(remote, answer) ? answer.sent_at : session.read_at) + whole;
}

// Where heartbeats move a deadline: it is told, or counted from what they ask for.
void count_to_deadline(Draft& draft, Tracked& session, const Plan& plan, const Traits& traits,
                       std::optional<Millis> idle, const Remote& remote, const Answer& answer) {
  const auto& extension = traits.extension;
  const bool adds = extension && extension->adds;
  const bool starts = answer.kind == EffectKind::start;
  const bool by_answer = starts || traits.heartbeat_proof != HeartbeatProof::read_back;
  const bool counts = by_answer && is_ours(remote, answer);
  auto told =
      remote.idle_until ? std::optional(ahead_on_our_clock(draft, answer, *remote.idle_until)) : std::nullopt;
  // What a heartbeat gives at the most. Where nothing says it, it is the longest that was seen.
  Millis whole = std::max(session.idle, told ? *told - answer.sent_at : Millis{0});
  if (idle) whole = *idle;
  if (extension && (!adds || !idle)) whole = extension->by;
  if (whole <= Millis{0}) return;
  std::optional<Mono> until = session.idle_at;
  if (told && !provider_time(draft, answer))
    told = deadline_by_movement(session, remote, answer, std::max(whole, idle.value_or(whole)));
  if (told && until && std::chrono::abs(*told - *until) <= told_jitter) told = until;
  if (counts) until = deadline_by_answer(session, traits, answer.sent_at, starts, idle.value_or(whole));
  if (told) until = counts && !starts && !adds ? std::max(until, told) : told;
  if (until) arm_idle_timeout(session, *until - whole, whole);
  const auto every = beats_every(session, plan, traits, whole);
  if (!every) return drop_heartbeat(session);
  Mono active = until ? *until - whole : answer.sent_at - *every;
  // A deadline of which the begin is not known any more is further off than is known: it is not run after.
  if (counts && adds && !starts) active = std::max(active, answer.sent_at + extension->by / 3 - *every);
  arm_heartbeat(session, active, *every);
}

}  // namespace

void set_idle_clock(Draft& draft, Tracked& session, const Plan& plan, const Traits& traits,
                    const Remote& remote, const Answer& answer) {
  const auto idle = remote.idle_timeout ? remote.idle_timeout : plan.idle_timeout;
  if (traits.extension || remote.idle_until) {
    count_to_deadline(draft, session, plan, traits, idle, remote, answer);
  } else if (idle) {
    count_from_activity(draft, session, plan, traits, *idle, remote, answer);
  }
}

}  // namespace keeper
