#include "core/deliveries.h"

#include <algorithm>

#include "base/planted.h"
#include "core/deadlines.h"
#include "core/delivery_rule.h"
#include "core/lifecycle.h"

namespace keeper {
namespace {

// How long a delivery waits for its session's remote id before it is listed as unmatched; sooner, the oldest
// first, where there are too many.
constexpr Millis hold_time = std::chrono::minutes{15};
constexpr std::size_t held_max = 50'000;
// A delivery carries no deadline and no proof that it is current: a read follows.
constexpr Millis confirm_after = Seconds{2};

void apply(Draft& draft, const SessionId& id, const DeliveryMove& move, const DeliveryRow& row) {
  Tracked& session = draft.edit(id);
  session.row.native_status = row.type;
  draft.wake_session(id);
  if (is_terminal(move.state)) {
    end_session(draft, id, {move.state, *move.reason, Cause::webhook, row.received_at, false, {}});
    return;
  }
  session.row.progress = move.progress;
  if (move.reason) activate(draft, id, *move.reason, Cause::webhook, row.received_at);
  session.confirm = true;
  hasten_call(session, draft.now().mono + confirm_after);
}

Disposition apply(Draft& draft, const SessionId& id, const DeliveryRow& row) {
  const Tracked* session = draft.find(id);
  if (!session) return Disposition::late;  // it ended long ago
  const auto move = move_by_delivery(session->row, row.progress, row.failed);
  if (!move) return Disposition::late;
  apply(draft, id, *move, row);
  return Disposition::applied;
}

void unmatch(Draft& draft, std::int64_t id, const Held& held) {
  DeliveryRow row;
  row.id = id;
  row.provider = held.provider;
  row.disposition = Disposition::unmatched;
  draft.change(std::move(row));
  draft.drop_held(id);
}

}  // namespace

Held held_from(const HeldRow& row, Mono now) {
  return {row.provider, remote_hash({row.provider, row.remote_id}), now + hold_time};
}

void unmatch_expired(Draft& draft) {
  for (const auto& [id, held] : draft.world().held) {
    if (held.until > draft.now().mono || planted(Bug::never_unmatched)) break;
    unmatch(draft, id, held);
  }
}

void on_delivered(Draft& draft, Delivered delivered) {
  if (delivered.seen && !planted(Bug::double_delivery)) {
    draft.acknowledge(delivered.waiter, Ack::duplicate);
    return;
  }
  DeliveryRow row = std::move(delivered.row);
  if (!delivered.followed) {
    row.disposition = Disposition::ignored;
    draft.record(std::move(row));
    draft.acknowledge(delivered.waiter, Ack::ignored);
    return;
  }
  if (!delivered.session) {
    const auto& held = draft.world().held;
    if (held.size() >= held_max) unmatch(draft, held.oldest().first, held.oldest().second);
    row.disposition = Disposition::held;
    draft.hold(std::move(row), draft.now().mono + hold_time);
    draft.acknowledge(delivered.waiter, Ack::held);
    return;
  }
  row.session = delivered.session;
  row.disposition = apply(draft, *delivered.session, row);
  draft.record(std::move(row));
  draft.acknowledge(delivered.waiter, Ack::recorded);
}

void match_held(Draft& draft, const SessionId& id, const std::vector<DeliveryRow>& held) {
  const Tracked* session = draft.find(id);
  if (!session || !session->row.remote_id || planted(Bug::unmatched_held)) return;
  const RemoteId remote = *session->row.remote_id;
  std::vector<DeliveryRow> matched;
  for (const DeliveryRow& row : held) {
    if (row.provider != session->row.provider || row.remote_id != remote || !draft.is_held(row.id)) continue;
    draft.drop_held(row.id);
    matched.push_back(row);
  }
  std::stable_sort(matched.begin(), matched.end(),
                   [](const DeliveryRow& a, const DeliveryRow& b) { return a.progress < b.progress; });
  for (DeliveryRow& row : matched) {
    row.body.clear();
    row.session = id;
    row.disposition = apply(draft, id, row);
    draft.change(std::move(row));
  }
}

}  // namespace keeper
