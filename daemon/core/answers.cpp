#include "core/answers.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted.h"
#include "core/circuit.h"
#include "core/deadlines.h"
#include "core/deliveries.h"
#include "core/lifecycle.h"
#include "core/lost_start.h"
#include "core/origin.h"
#include "core/provider_time.h"
#include "core/reading.h"
#include "core/rollover.h"
#include "core/sweep.h"
#include "core/unasked_end.h"

namespace keeper {
namespace {

constexpr Millis retry_max = Seconds{30};
constexpr Millis stop_retry_max = Seconds{30};
// What costs money is not left running for as long as a provider may ask to wait.
constexpr Millis stop_wait_max = std::chrono::minutes{5};
constexpr Millis cleanup_retry_max = std::chrono::minutes{5};
constexpr Millis denied_wait = Seconds{60};
constexpr Millis cut_off_wait = Seconds{5};
constexpr int absent_reads_needed = 2;
// A provider that is deployed anew says 404 for seconds, and a new remote is not known everywhere at once:
// the answers that do not know a remote must lie this far apart. That a session ended is known already where
// its provider said so.
constexpr Millis gone_apart = Seconds{15};
constexpr Millis gone_apart_young = Seconds{30};
constexpr Millis young = std::chrono::minutes{1};
constexpr Millis gone_retry = Seconds{5};
constexpr Millis gone_retry_ended = Seconds{2};
constexpr Millis look_again_after = Seconds{15};
constexpr std::size_t absent_starts_max = 16;
constexpr Millis absent_start_kept = std::chrono::minutes{30};

// When the next try may leave after an error.
Mono retry_at(Draft& draft, const Tracked& session, const Error& error, Millis most) {
  const Mono now = draft.now().mono;
  switch (error.kind) {
    case ErrorKind::exhausted:
      return now + asked_wait(error);
    case ErrorKind::denied:
      return now + denied_wait;
    case ErrorKind::not_applied:
    case ErrorKind::maybe_applied:
    case ErrorKind::gone:
    case ErrorKind::malformed:
    case ErrorKind::storage:
    case ErrorKind::cut_off:
      return now + call_backoff(session.row.id, session.tries, most);
  }
  check_failed("a known ErrorKind", __FILE__, __LINE__);
}

// The next try after an error. What the provider asks to wait is not counted against a start.
void wait_after(Draft& draft, Tracked& session, const Error& error, Millis most) {
  const Mono at = retry_at(draft, session, error, most);
  if (error.kind == ErrorKind::exhausted && error.retry_after)
    defer_start_timeout(session, at - draft.now().mono);
  arm_retry(session, at);
}

void note_failure(Tracked& session, const Error& error) {
  ++session.tries;
  session.row.last_error = error.what;
}

void adopt_remote(Draft& draft, const SessionId& id, const Remote& remote, const Answer& answer,
                  Reason reason) {
  draft.adopt(id, remote.id);
  const Traits* traits = draft.traits(draft.find(id)->row.provider);
  if (traits && !traits->one_per_place) release_scope(draft, id);
  apply_reading(draft, id, {remote, answer, reason, Cause::provider_answer});
  match_held(draft, id, answer.held);
}

// It is proven that no remote exists: the start may be sent again, or the end that was asked for is there.
void start_did_not_happen(Draft& draft, const SessionId& id) {
  Tracked& session = draft.edit(id);
  session.row.start_sent_at.reset();
  session.absent_reads = 0;
  release_scope(draft, id);
  if (session.row.ending) end_as_asked(draft, id);
}

void on_start_failed(Draft& draft, const SessionId& id, const Error& error) {
  Tracked& session = draft.edit(id);
  note_failure(session, error);
  const bool blind = planted(Bug::blind_retry) && error.kind == ErrorKind::maybe_applied;
  switch (blind ? ErrorKind::not_applied : error.kind) {
    case ErrorKind::maybe_applied:
    case ErrorKind::malformed:
    case ErrorKind::storage:
      arm_retry(session, draft.now().mono + Seconds{1});
      return;
    case ErrorKind::not_applied:
    case ErrorKind::exhausted:
      wait_after(draft, session, error, retry_max);
      start_did_not_happen(draft, id);
      if (error.kind == ErrorKind::exhausted) note_no_room(draft, id);
      return;
    case ErrorKind::cut_off:
      block_start(session, draft.now().mono + cut_off_wait, draft.plan(session.row.plan));
      start_did_not_happen(draft, id);
      return;
    case ErrorKind::denied:
    case ErrorKind::gone:
      session.row.start_sent_at.reset();
      if (session.row.ending) {
        end_as_asked(draft, id, error.what);
      } else {
        end_session(draft, id,
                    {State::error, Reason::start_refused, Cause::provider_answer, draft.now().wall, true,
                     error.what});
      }
      return;
  }
}

// A call may have waited for its turn. When the one that made the remote left is kept for later processes
// too.
void note_start_left(SessionRow& row, Mono left) {
  if (!row.start_sent_at || !row.start_sent_mono || left <= *row.start_sent_mono) return;
  *row.start_sent_at += left - *row.start_sent_mono;
  row.start_sent_mono = left;
}

void on_started(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  session.start_sent = std::max(session.start_sent, answer.sent_at);
  if (!answer.remotes.ok()) {
    on_start_failed(draft, id, answer.remotes.error());
    return;
  }
  KEEPER_CHECK(answer.remotes->size() == 1);
  const Remote& remote = answer.remotes->front();
  const SessionId* other = draft.find(RemoteKey{answer.provider, remote.id});
  if (other && *other != id && !planted(Bug::shares_remote)) {
    on_start_failed(draft, id,
                    {ErrorKind::denied, "the provider answered the start with remote " + remote.id.str() +
                                            ", which lives already as session " + other->str()});
    return;
  }
  if (was_made_by_another(draft, session, remote, answer)) {
    on_start_failed(
        draft, id,
        {ErrorKind::not_applied, "the provider answered the start with remote " + remote.id.str() +
                                     ", which " + remote.other_starter + " had started before"});
    return;
  }
  note_start_left(session.row, answer.sent_at);
  note_room_beside(draft, id);
  adopt_remote(draft, id, remote, answer, Reason::start_confirmed);
}

// Creates of over two minutes have been seen: where remotes carry no tag, a late one is told by this.
void note_absent_start(Draft& draft, const Tracked& session) {
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits || traits->start_scope == StartScope::free) return;
  auto& starts = draft.edit_provider(session.row.provider).absent_starts;
  std::erase_if(starts, [&](const AbsentStart& start) { return start.forget_at <= draft.now().mono; });
  if (starts.size() == absent_starts_max) starts.erase(starts.begin());
  // What an earlier process had begun may also have left when this one had loaded it, or later.
  const Mono from = session.sent_before ? std::min(session.start_sent, session.known_at) : session.start_sent;
  starts.push_back({from, session.start_sent, draft.now().mono + absent_start_kept});
}

// Nothing tells whether the start happened. It is looked for until its remote would be over.
void look_until_over(Draft& draft, const SessionId& id, const std::string& why) {
  Tracked& session = draft.edit(id);
  const Mono now = draft.now().mono;
  const Mono over = start_over_at(draft, session);
  if (now >= over) {
    call_now(session, now);
    start_did_not_happen(draft, id);
    return;
  }
  if (!why.empty()) tell_lost_start(draft, id, why);
  arm_retry(session, std::min(over, now + call_backoff(id, session.tries, retry_max)));
}

void on_found(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  KEEPER_CHECK(session.row.start_sent_at);
  note_sender_gone(session);
  const bool believed = planted(Bug::believes_unreadable) && !answer.remotes.ok() &&
                        answer.remotes.error().kind == ErrorKind::malformed;
  if (believed) return start_did_not_happen(draft, id);
  if (!answer.remotes.ok()) {
    note_failure(session, answer.remotes.error());
    if (draft.now().mono >= start_over_at(draft, session)) {
      look_until_over(draft, id, {});
    } else {
      wait_after(draft, session, answer.remotes.error(), retry_max);
    }
    return;
  }
  const Found found = remote_of_start(draft, session, answer);
  if (found.remote) {
    adopt_remote(draft, id, *found.remote, answer, Reason::found);
    return;
  }
  // Without its provider in the configuration nothing can be looked up again, so that nothing follows.
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits) return call_now(session, draft.now().mono);
  Mono settled = shown_by(session.start_sent, *traits);
  if (planted(Bug::hasty_retry)) settled = session.start_sent;
  if ((found.unclear || !answer.whole) && !planted(Bug::trusts_part)) {
    ++session.tries;
    session.absent_reads = 0;
    const std::string why = found.unclear
                                ? "none of the remotes that the provider lists can be told to be its"
                                : "the provider's list was not shown to be whole";
    look_until_over(draft, id, answer.sent_at >= settled ? why : std::string{});
    return;
  }
  ++session.absent_reads;
  session.tries = 0;
  if (session.absent_reads >= absent_reads_needed && answer.sent_at >= settled) {
    call_now(session, draft.now().mono);
    note_absent_start(draft, session);
    start_did_not_happen(draft, id);
  } else {
    const Mono now = draft.now().mono;
    arm_retry(session, std::min(std::max(now + Seconds{2}, settled), now + look_again_after));
  }
}

// Whether the provider said often enough, and for long enough, that it does not know the remote.
bool is_gone(const Tracked& session, Mono sent) {
  if (session.absent_reads < absent_reads_needed) return false;
  if (is_terminal(session.row.state) || planted(Bug::hasty_gone)) return true;
  const bool was_young = session.absent_since - session.start_sent < young;
  return sent - session.absent_since >= (was_young ? gone_apart_young : gone_apart);
}

// It may live, so that its heartbeats go on; one that was answered so is repeated within what is left.
void beat_on(Tracked& session, EffectKind answered, Mono now) {
  const Millis left = session.idle_at ? std::max(*session.idle_at - now, Millis{0}) : Millis{0};
  const bool failed = answered == EffectKind::keep_alive && *session.beat_at <= now;
  hasten_call(session,
              failed ? now + std::max(left / 3, Millis{Seconds{1}}) : std::max(*session.beat_at, now));
}

// The provider does not know the remote. A good answer in between, to a heartbeat above all, counts anew.
void on_absent(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  const std::string& what = answer.remotes.error().what;
  session.row.last_error = what;
  const Mono now = draft.now().mono;
  if (session.absent_reads++ == 0) session.absent_since = now;
  if (!is_gone(session, answer.sent_at)) {
    arm_retry(session, now + (is_terminal(session.row.state) ? gone_retry_ended : gone_retry));
    if (session.beat_at && !session.row.ending) beat_on(session, answer.kind, now);
  } else if (is_terminal(session.row.state)) {
    resolve(draft, id);
  } else if (session.row.ending) {
    end_as_asked(draft, id);
  } else {
    const EndedAs as = gone_end(session, draft.plan(session.row.plan), draft.traits(session.row.provider),
                                session.absent_since);
    end_session(draft, id, {as.state, as.reason, Cause::poll, draft.now().wall, true, what});
  }
}

// By when the next call of a session leaves whose heartbeat or read failed. What the provider asks to wait is
// waited, but not to the session's death; and a read that fails holds up no heartbeat that is due. After the
// deadline the session lives only if a heartbeat counted whose answer was lost: a third of the idle timeout
// after it is soon enough.
Mono heartbeat_by(const Tracked& session, EffectKind failed, const Error& error, Mono now) {
  const bool is_heartbeat = failed == EffectKind::keep_alive;
  if (!session.idle_at || !(is_heartbeat || session.beat_at)) return session.call_at;
  const Millis left = *session.idle_at - now;
  const bool told = error.kind == ErrorKind::exhausted && error.retry_after;
  if (is_heartbeat && left <= Millis{0}) return std::min<Mono>(session.call_at, now + session.idle / 3);
  const Mono soon = now + Seconds{1};
  const Mono alive = std::max(now + (told ? left * 2 / 3 : left / 3), soon);
  if (is_heartbeat) return alive;
  return std::max({*session.beat_at, soon, told ? alive : Mono{}});
}

void on_read(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  if (answer.remotes.ok()) {
    KEEPER_CHECK(answer.remotes->size() == 1);
    apply_reading(draft, id, {answer.remotes->front(), answer});
    return;
  }
  const Error& error = answer.remotes.error();
  if (error.kind == ErrorKind::gone) {
    on_absent(draft, id, answer);
    return;
  }
  note_failure(session, error);
  const bool refused = error.kind == ErrorKind::denied || error.kind == ErrorKind::exhausted;
  if (answer.kind == EffectKind::keep_alive && refused) ++session.vain_heartbeats;
  wait_after(draft, session, error, retry_max);
  retry_heartbeat(session, heartbeat_by(session, answer.kind, error, draft.now().mono));
}

void on_stopped(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  if (!answer.remotes.ok()) {
    const Error& error = answer.remotes.error();
    if (error.kind == ErrorKind::gone || planted(Bug::false_stop)) {
      on_absent(draft, id, answer);
      return;
    }
    note_failure(session, error);
    const Mono latest = draft.now().mono + stop_wait_max;
    arm_retry(session, std::min(retry_at(draft, session, error, stop_retry_max), latest));
    return;
  }
  KEEPER_CHECK(answer.remotes->size() == 1);
  const Remote& remote = answer.remotes->front();
  if (remote.progress == Progress::ended) {
    apply_reading(draft, id, {remote, answer, Reason::observed, Cause::provider_answer});
    return;
  }
  ++session.tries;
  session.row.progress = std::max(session.row.progress, Progress::stopping);
  if (!remote.native_status.empty()) session.row.native_status = remote.native_status;
  arm_retry(session, draft.now().mono + call_backoff(id, session.tries, stop_retry_max));
}

// What was not there any more is as clean.
void on_cleaned_up(Draft& draft, const SessionId& id, const Answer& answer) {
  if (answer.remotes.ok() || answer.remotes.error().kind == ErrorKind::gone) return leave(draft, id);
  Tracked& session = draft.edit(id);
  const Error& error = answer.remotes.error();
  note_failure(session, error);
  arm_retry(session, std::min(retry_at(draft, session, error, cleanup_retry_max),
                              draft.now().mono + cleanup_retry_max));
}

// What a heartbeat showed that went on while the session's answer waited for the store.
void apply_kept(Draft& draft, const SessionId& id, const Answer& kept) {
  const Tracked* session = draft.find(id);
  if (!session || session->row.resolved || !session->row.remote_id || !kept.remotes.ok()) return;
  const Remote& remote = kept.remotes->front();
  if (remote.id == *session->row.remote_id) apply_reading(draft, id, {remote, kept});
}

}  // namespace

void on_answer(Draft& draft, const Answer& answer) {
  note_date(draft, answer);
  if (answer.kind == EffectKind::list) {
    note_provider(draft, answer);
    on_listed(draft, answer);
    return;
  }
  const Tracked* known = draft.find(answer.session);
  // An answer that nobody waits for: its call left before the process last loaded its rows.
  if (!known || !known->flight || known->flight->ticket != answer.ticket) return;
  note_provider(draft, answer);
  const SessionId id = answer.session;
  draft.edit(id).flight.reset();
  switch (answer.kind) {
    case EffectKind::start:
      on_started(draft, id, answer);
      break;
    case EffectKind::find:
      on_found(draft, id, answer);
      break;
    case EffectKind::observe:
    case EffectKind::keep_alive:
      on_read(draft, id, answer);
      break;
    case EffectKind::stop:
      on_stopped(draft, id, answer);
      break;
    case EffectKind::cleanup:
      on_cleaned_up(draft, id, answer);
      break;
    case EffectKind::list:
      break;
  }
  if (answer.kept) apply_kept(draft, id, *answer.kept);
  draft.wake_session(id);
}

}  // namespace keeper
