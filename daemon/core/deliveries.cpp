#include <algorithm>

#include "core/handlers.h"
#include "core/lifecycle.h"

namespace keeper {
namespace {

// How long a delivery waits for its session's remote id before it is listed as unmatched; sooner, the oldest first,
// where there are too many.
constexpr Millis hold_time = std::chrono::minutes{15};
constexpr std::size_t held_max = 50'000;
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

void unmatch(Draft& draft, std::uint64_t number, const Held& held) {
  DeliveryRow row = row_of(held);
  row.disposition = Disposition::unmatched;
  draft.deliver(std::move(row));
  draft.drop_held(number);
}

}  // namespace

Held held_from(const DeliveryRow& row, Mono now) {
  return {{row.provider, row.remote_id}, row.type, row.progress, row.failed, row.received_at, now + hold_time};
}

void held_due(Draft& draft) {
  for (const auto& [number, held] : draft.world().held) {
    if (held.until > draft.now().mono) break;
    unmatch(draft, number, held);
  }
}

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
    const auto& held = draft.world().held;
    if (held.size() >= held_max) unmatch(draft, held.begin()->first, held.begin()->second);
    draft.hold(held_from(row, draft.now().mono));
    row.disposition = Disposition::held;
    draft.deliver(std::move(row));
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
  std::stable_sort(held.begin(), held.end(),
            [](const Held& a, const Held& b) { return a.progress < b.progress; });
  for (const Held& one : held) {
    DeliveryRow row = row_of(one);
    row.session = id;
    row.disposition = apply(draft, id, row);
    draft.deliver(std::move(row));
  }
}

}  // namespace keeper
