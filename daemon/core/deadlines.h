// The only writer of a session's deadlines, and of the time of a slot's next attempt.
// Each function is named after what it means, and says from what the time is counted. `now` is the moment of
// the event that is decided. What happens when a deadline passes is decided by core/settle;
// docs/session-life.md has both in one table, which a test compares with this file. Nothing here is stored:
// after a start of the process every unfinished session is due at once, and the next answer sets its
// deadlines anew. Loop thread only.
#pragma once

#include "core/world.h"

namespace keeper {

// --- call_at: the session's next call to its provider does not leave before it.

// The session has something to ask at once: it was made, is to end, or may have changed at its provider.
void call_now(Tracked& session, Mono now);
// Something gives reason to ask sooner: a delivery, a budget, a provider that answers again, a heartbeat or
// limit that is near. A call that is due before that stays where it is.
void hasten_call(Tracked& session, Mono at);
// The next read that only watches, counted from the answer to the last call.
void arm_watch(Tracked& session, Mono now, Millis wait);
// The next try, counted from the answer that was an error or proved nothing.
void arm_retry(Tracked& session, Mono at);
// A heartbeat failed: it is tried again by then, and no heartbeat is due before that.
void retry_heartbeat(Tracked& session, Mono by);
// A start that may have been applied cannot be looked up: the remote's idle timeout, counted from the start,
// ends it.
void wait_out_start(Tracked& session, Mono until);
// A start may not leave yet. The wait is the keeper's or this machine's, so that start_by moves to
// `start_timeout` after its end. Without a plan start_by stays.
void block_start(Tracked& session, Mono until, const Plan* plan);

// --- beat_at: the next heartbeat.

// Counted from the last activity that the provider tells of, or from when the last start or heartbeat left.
void arm_heartbeat(Tracked& session, Mono active, Millis every);
// A heartbeat did not move the provider's idle clock: the next one, counted from its answer.
void repeat_heartbeat(Tracked& session, Mono now, Millis wait);
void drop_heartbeat(Tracked& session);

// --- idle_at, hard_at, own_hard_at: when the session's life is over.

// The provider's idle timeout, counted as the heartbeat is.
void arm_idle_timeout(Tracked& session, Mono active, Millis idle);
// The provider's maximum, counted from when it created the remote; empty: it has none.
void arm_maximum(Tracked& session, Mono begin, std::optional<Millis> maximum);
// The plan's max_duration: from activation, and from the provider's time of creation once that is known;
// empty: none.
void arm_own_maximum(Tracked& session, Mono begin, std::optional<Millis> maximum);

// --- rollover_at: a successor is due.

// Counted back from the earlier of the two maximums; at once where the plan's parameters changed.
void arm_rollover(Tracked& session, Mono at);
// A successor failed, may not begin yet, or would be a third session: the next try.
void postpone_rollover(Tracked& session, Mono at);
void drop_rollover(Tracked& session);

// --- start_by: start_timeout passes.

// Counted from when the session was made, and anew from a start of the process, or from when the start of an
// earlier process can leave no more.
void arm_start_timeout(Tracked& session, Mono now, Millis limit);
// The provider is out of reach, so that what the start came to cannot be learned: not before `limit` after
// now.
void extend_start_timeout(Tracked& session, Mono now, Millis limit);
// The provider asked to wait for so long: the wait does not count.
void defer_start_timeout(Tracked& session, Millis wait);
// The start leaves: however long it was blocked, and for however long that was thought to last, `limit` is
// enough.
void cut_start_timeout(Tracked& session, Mono now, Millis limit);
// The session is active or is asked to end.
void drop_start_timeout(Tracked& session);

// --- stop_by: stop_timeout passes.

// Counted from the first look at the session after its end was asked for; later looks leave it.
void arm_stop_timeout(Tracked& session, Mono now, Millis limit);

// --- due: the earliest moment at which settle() is needed; mono_never while only an event can bring the
// session on.
void look_again(Tracked& session, Mono at);

// --- retry_at of a slot: its next attempt is not made before it.

// Counted from the end of the last attempt.
void arm_attempt(Slot& slot, Mono now, Millis backoff);

}  // namespace keeper
