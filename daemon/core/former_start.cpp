#include "core/former_start.h"

#include <algorithm>

#include "core/lifecycle.h"
#include "core/origin.h"

namespace keeper {
namespace {

Wall wall_at(Now now, Mono mono) { return now.wall + (mono - now.mono); }

}  // namespace

Mono start_sent_by(const SessionRow& row, Mono start_bound, Mono now) {
  if (row.start_sent_by_mono) return *row.start_sent_by_mono;
  const bool in_doubt = row.start_sent_at && !row.remote_id;
  return in_doubt ? std::max(now, start_bound) : now;
}

std::optional<Mono> start_may_leave_until(const Tracked& session, Mono now) {
  const bool in_doubt = session.row.start_sent_at && !session.row.remote_id;
  return in_doubt && session.start_sent > now ? std::optional(session.start_sent) : std::nullopt;
}

std::optional<Mono> former_start_until(const Draft& draft, const Tracked& session) {
  const Mono now = draft.now().mono;
  auto until = start_may_leave_until(session, now);
  const std::string key = scope_of(session.row, draft.traits(session.row.provider));
  if (until || key.empty()) return until;
  for (const SessionId& id : draft.scope(key).holders) {
    const Tracked* holder = draft.find(id);
    if (holder) until = std::max(until, start_may_leave_until(*holder, now));
  }
  return until;
}

std::optional<StartBlock> former_start_block(const Draft& draft, const Tracked& session) {
  if (session.row.remote_id) return std::nullopt;
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits) return std::nullopt;
  if (const auto until = former_start_until(draft, session)) {
    return StartBlock{
        "a start of the former process may still leave until " + to_rfc3339(wall_at(draft.now(), *until)),
        wall_at(draft.now(), shown_by(*until, *traits))};
  }
  const std::string key = scope_of(session.row, traits);
  const Mono from = key.empty() ? Mono::min() : draft.scope(key).stops_until;
  if (session.row.start_sent_at || from <= draft.now().mono) return std::nullopt;
  const Wall at = wall_at(draft.now(), from);
  return StartBlock{
      "a stop of the former process may still end what starts at the place before " + to_rfc3339(at), at};
}

void heed_former_stop(Draft& draft, const Tracked& session) {
  const Traits* traits = draft.traits(session.row.provider);
  const bool stops = session.sent_before && session.row.ending && session.row.remote_id;
  if (!traits || traits->start_scope != StartScope::place || !stops) return;
  const Mono from = draft.world().start_bound + traits->request_timeout;
  const std::string key = scope_of(session.row, traits);
  if (from > draft.now().mono && from > draft.scope(key).stops_until)
    draft.edit_scope(key).stops_until = from;
}

}  // namespace keeper
