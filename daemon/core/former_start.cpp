#include "core/former_start.h"

#include <algorithm>

#include "core/deadlines.h"
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

void doubt_start(const Draft& draft, Tracked& session) {
  const Now now = draft.now();
  const Traits* traits = draft.traits(session.row.provider);
  const bool is_found = traits && traits->can_find && traits->start_scope == StartScope::free;
  if (now.mono >= draft.world().doubt_until || !is_found || session.is_doubted) return;
  session.is_doubted = true;
  if (session.row.start_sent_at || session.row.ending) return;
  session.row.start_sent_at = now.wall;
  session.start_sent = std::max(now.mono, draft.world().start_bound);
  session.sent_before = true;
  const Plan* plan = draft.plan(session.row.plan);
  if (plan) extend_start_timeout(session, session.start_sent, plan->start_timeout);
}

std::optional<StartBlock> former_start_block(const Draft& draft, const Tracked& session) {
  if (session.row.remote_id) return std::nullopt;
  const Traits* traits = draft.traits(session.row.provider);
  if (!traits) return std::nullopt;
  const auto until = former_start_until(draft, session);
  if (!until) return std::nullopt;
  return StartBlock{
      "a start of the former process may still leave until " + to_rfc3339(wall_at(draft.now(), *until)),
      wall_at(draft.now(), shown_by(*until, *traits))};
}

std::optional<Mono> place_kept_until(const Draft& draft, const Tracked& ended) {
  const Traits* traits = draft.traits(ended.row.provider);
  if (!traits || traits->start_scope != StartScope::place) return std::nullopt;
  const Mono until = ended.stop_sent_by + traits->request_timeout;
  return until > draft.now().mono ? std::optional(until) : std::nullopt;
}

}  // namespace keeper
