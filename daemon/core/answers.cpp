#include "core/answers.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted.h"
#include "core/circuit.h"
#include "core/deadlines.h"
#include "core/deliveries.h"
#include "core/lifecycle.h"
#include "core/reading.h"
#include "core/sweep.h"
#include "core/unasked_end.h"

namespace keeper {
namespace {

constexpr Millis retry_max = Seconds{30};
constexpr Millis stop_retry_max = Seconds{30};
constexpr Millis denied_wait = Seconds{60};
constexpr Millis cut_off_wait = Seconds{5};
// A provider's clock and ours, after its `Date` (whole seconds) was taken into account.
constexpr Millis created_slack = Seconds{2};
constexpr Millis skew_max = std::chrono::minutes{2};
constexpr int absent_reads_needed = 2;
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
      arm_retry(session, retry_at(draft, session, error, retry_max));
      start_did_not_happen(draft, id);
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
  if (other && *other != id) {
    on_start_failed(draft, id,
                    {ErrorKind::denied, "the provider answered the start with remote " + remote.id.str() +
                                            ", which lives already as session " + other->str()});
    return;
  }
  adopt_remote(draft, id, remote, answer, Reason::start_confirmed);
}

// Whether a remote may have been created by this session's start. Each line has a test of its number in
// tests/core/keeper_lost_start_test.cpp.
// 1. A remote whose time of creation is not told was not.
// 2. One whose age is at most the time since the start was sent, by the boot clock, was.
// 3. One that is older than that was not, if the answer carries the provider's time and the boot clock covers
//    the start, because the machine has not rebooted since.
// 4. Otherwise the age proves nothing, because our wall clock may have been stepped since. The remote was, if
//    one of these holds:
//    a. By its age and our wall clock, it was created after the start was sent.
//    b. The start was sent at what is now the future, so that the wall clock was wrong and tells nothing.
//    c. Its plain time of creation is after the start was sent, less the difference of the clocks (at most
//       2 minutes).
// One line that says "it was" is enough: to adopt a remote too many costs less than a second start.
bool created_since(const Remote& remote, const Tracked& session, const Answer& answer, Now now) {
  if (!remote.created_at) return false;
  if (planted(Bug::any_candidate)) return true;
  const Wall there = answer.provider_now.value_or(now.wall);
  const Millis age = there - *remote.created_at;
  const Wall sent = *session.row.start_sent_at;
  const auto& before = session.row.start_sent_mono;
  const Mono since = session.sent_before && before ? *before : session.start_sent;
  if (age <= now.mono - since + created_slack) return true;
  if ((!session.sent_before || before) && answer.provider_now) return false;
  if (now.wall - age >= sent - created_slack) return true;
  if (sent > now.wall + created_slack) return true;
  return *remote.created_at >=
         sent - created_slack - std::min<Millis>(std::chrono::abs(there - now.wall), skew_max);
}

// Ours by its tag; without tags, created since the start was sent and claimed by no other session.
const Remote* candidate_of(Draft& draft, const Tracked& session, const Answer& answer) {
  const Remote* best = nullptr;
  const Traits* traits = draft.traits(session.row.provider);
  const bool has_tags = (traits && traits->start_scope == StartScope::free) || planted(Bug::no_adoption);
  for (std::size_t i = 0; i < answer.remotes->size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    if (remote.tag) {
      if (*remote.tag == session.row.id) return &remote;
      continue;
    }
    // One that was another session's is not this one's, also where it was said to have ended.
    const bool others = i < answer.known.size() && answer.known[i] && answer.known[i]->id != session.row.id;
    if (has_tags || others || remote.progress == Progress::ended) continue;
    if (draft.find(RemoteKey{session.row.provider, remote.id})) continue;
    if (!created_since(remote, session, answer, draft.now())) continue;
    if (!best || *remote.created_at < *best->created_at) best = &remote;
  }
  return best;
}

// Creates of over two minutes have been seen: where remotes carry no tag, a late one is told by this.
void note_absent_start(Draft& draft, const Tracked& session) {
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits || traits->start_scope == StartScope::free) return;
  auto& starts = draft.edit_provider(session.row.provider).absent_starts;
  std::erase_if(starts, [&](const AbsentStart& start) { return start.forget_at <= draft.now().mono; });
  if (starts.size() == absent_starts_max) starts.erase(starts.begin());
  starts.push_back({session.start_sent, draft.now().mono + absent_start_kept});
}

void on_found(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  KEEPER_CHECK(session.row.start_sent_at);
  if (!answer.remotes.ok()) {
    note_failure(session, answer.remotes.error());
    arm_retry(session, retry_at(draft, session, answer.remotes.error(), retry_max));
    return;
  }
  if (const Remote* remote = candidate_of(draft, session, answer)) {
    adopt_remote(draft, id, *remote, answer, Reason::found);
    return;
  }
  // Without its provider in the configuration nothing can be looked up again, so that nothing follows.
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits) return call_now(session, draft.now().mono);
  // What could not be read may be the remote.
  if (!answer.whole) {
    session.row.last_error = "the provider's list could not be read as a whole";
    arm_retry(session, draft.now().mono + call_backoff(id, ++session.tries, retry_max));
    return;
  }
  Mono settled = session.start_sent + traits->request_timeout + Seconds{1};
  if (planted(Bug::hasty_retry)) settled = session.start_sent;
  ++session.absent_reads;
  session.tries = 0;
  if (session.absent_reads >= absent_reads_needed && answer.sent_at >= settled) {
    call_now(session, draft.now().mono);
    note_absent_start(draft, session);
    start_did_not_happen(draft, id);
  } else {
    arm_retry(session, std::max(draft.now().mono + Seconds{2}, settled));
  }
}

// The provider does not know the remote. Said twice, it counts.
void on_absent(Draft& draft, const SessionId& id, const std::string& what) {
  Tracked& session = draft.edit(id);
  session.row.last_error = what;
  if (++session.absent_reads < absent_reads_needed) {
    arm_retry(session, draft.now().mono + Seconds{2});
  } else if (is_terminal(session.row.state)) {
    resolve(draft, id);
  } else if (session.row.ending) {
    end_as_asked(draft, id);
  } else {
    const Traits* traits = draft.traits(session.row.provider);
    const auto limit = limit_passed(session, draft.now().mono);
    const State state = limit ? State::timed_out : traits ? traits->gone_state : State::error;
    const Reason reason = limit ? *limit : traits ? traits->gone_reason : Reason::lost;
    end_session(draft, id, {state, reason, Cause::poll, draft.now().wall, true, what});
  }
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
    on_absent(draft, id, error.what);
    return;
  }
  note_failure(session, error);
  const bool refused = error.kind == ErrorKind::denied || error.kind == ErrorKind::exhausted;
  if (answer.kind == EffectKind::keep_alive && refused) ++session.vain_heartbeats;
  arm_retry(session, retry_at(draft, session, error, retry_max));
  if (answer.kind == EffectKind::keep_alive && session.idle_at) {
    // What the provider asks to wait is waited, but not to the session's death.
    const Millis left = std::max(*session.idle_at - draft.now().mono, Millis{0});
    const bool told = error.kind == ErrorKind::exhausted && error.retry_after;
    const Mono within = draft.now().mono + std::max(told ? left * 2 / 3 : left / 3, Millis{Seconds{1}});
    retry_heartbeat(session, within);
  } else {
    retry_heartbeat(session, session.call_at);
  }
}

void on_stopped(Draft& draft, const SessionId& id, const Answer& answer) {
  Tracked& session = draft.edit(id);
  if (!answer.remotes.ok()) {
    const Error& error = answer.remotes.error();
    if (error.kind == ErrorKind::gone || planted(Bug::false_stop)) {
      on_absent(draft, id, error.what);
      return;
    }
    note_failure(session, error);
    arm_retry(session, retry_at(draft, session, error, stop_retry_max));
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

}  // namespace

void on_answer(Draft& draft, const Answer& answer) {
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
    case EffectKind::list:
      break;
  }
  draft.wake_session(id);
}

}  // namespace keeper
