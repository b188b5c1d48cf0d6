#include <algorithm>

#include "core/handlers.h"
#include "core/lifecycle.h"

namespace keeper {
namespace {

// How long a delivery waits for its session's remote id before it is listed as unmatched.
constexpr Millis hold_time = std::chrono::minutes{15};
// A delivery carries no deadline and no proof that it is current: a read follows.
constexpr Millis confirm_after = Seconds{2};

void apply_progress(Draft& draft, const SessionId& id, const DeliveryRow& row) {
  Tracked& session = draft.edit(id);
  session.row.native_status = row.type;
  if (row.progress == Progress::ended) {
    const bool asked = session.row.ending && !row.failed;
    const State state = asked ? session.row.ending->state : row.failed ? State::error : State::closed;
    const Reason reason = asked        ? session.row.ending->reason
                          : row.failed ? Reason::provider_failed
                                       : Reason::ended_by_provider;
    end_session(draft, id, {state, reason, Cause::webhook, row.received_at, false, {}});
    return;
  }
  session.row.progress = row.progress;
  if (row.progress >= Progress::started) {
    activate(draft, id, Reason::webhook_started, Cause::webhook, row.received_at);
  }
  session.confirm = true;
  session.call_at = std::min(session.call_at, draft.now().mono + confirm_after);
}

// Ranks decide: what would go back, or comes after the end, is kept and moves nothing.
Disposition apply(Draft& draft, const SessionId& id, const DeliveryRow& row) {
  const Tracked* session = draft.find(id);
  if (!session || is_terminal(session->row.state) || row.progress <= session->row.progress) {
    return Disposition::late;
  }
  apply_progress(draft, id, row);
  draft.wake_session(id);
  return Disposition::applied;
}

}  // namespace

void on_delivered(Draft& draft, const Delivered& delivered) {
  if (delivered.seen) {
    draft.acknowledge(delivered.waiter, Ack::duplicate);
    return;
  }
  DeliveryRow row = delivered.row;
  if (!delivered.followed) {
    row.disposition = Disposition::ignored;
    draft.deliver(std::move(row));
    draft.acknowledge(delivered.waiter, Ack::ignored);
    return;
  }
  if (!delivered.session) {
    row.disposition = Disposition::held;
    draft.hold(row, draft.now().mono + hold_time);
    draft.acknowledge(delivered.waiter, Ack::held);
    return;
  }
  row.session = delivered.session;
  row.disposition = apply(draft, *delivered.session, row);
  draft.deliver(std::move(row));
  draft.acknowledge(delivered.waiter, Ack::recorded);
}

void match_held(Draft& draft, const SessionId& id) {
  const Tracked* session = draft.find(id);
  if (!session || !session->row.remote_id) return;
  std::vector<Held> held = draft.take_held({session->row.provider, *session->row.remote_id});
  std::sort(held.begin(), held.end(),
            [](const Held& a, const Held& b) { return a.row.progress < b.row.progress; });
  for (Held& one : held) {
    one.row.session = id;
    one.row.disposition = apply(draft, id, one.row);
    draft.deliver(std::move(one.row));
  }
}

}  // namespace keeper
