#include "core/condition.h"

#include <algorithm>

#include "core/budget.h"
#include "core/circuit.h"
#include "core/counting.h"
#include "core/former_start.h"
#include "core/heartbeat_load.h"
#include "core/lost_start.h"
#include "core/notices.h"
#include "core/wants.h"

namespace keeper {
namespace {

constexpr Millis one_before{1};

std::optional<Wall> wall_time_of(Now now, Mono mono) {
  if (mono == mono_never) return std::nullopt;
  return now.wall + (mono - now.mono);
}

// The session that the slot is about.
const SessionRow* newest_active(const Draft& draft, const Slot& slot) {
  for (auto id = slot.live.rbegin(); id != slot.live.rend(); ++id) {
    const Tracked* session = draft.find(*id);
    if (session && session->row.state == State::active && !session->row.ending) return &session->row;
  }
  return nullptr;
}

struct Tally {
  PlanCounts counts;
  std::string last_error;
  Mono retry_at = mono_never;
  std::optional<StartBlock> block;
};

// The start of a session that has its row and was not sent yet. Its least price is in the budget's sum
// already.
std::optional<StartBlock> block_of(Draft& draft, const SessionRow& queued) {
  if (auto block = former_start_block(draft, *draft.find(queued.id))) return block;
  if (queued.start_sent_at || queued.remote_id) return std::nullopt;
  if (auto block = budget_block(draft, queued.plan, queued.provider, true)) return block;
  if (auto block = provider_block(queued.provider, draft.provider(queued.provider), draft.now()))
    return block;
  const Plan* plan = draft.plan(queued.plan);
  return plan ? keeping_block(draft, *plan, queued.predecessor.has_value()) : std::nullopt;
}

std::optional<StartBlock> block_of(Draft& draft, const Plan& plan, const Slot& slot) {
  if (auto block = budget_block(draft, plan.name, plan.provider, false)) return block;
  auto block = provider_block(plan.provider, draft.provider(plan.provider), draft.now());
  if (!block) block = keeping_block(draft, plan, false);
  if (block && !block->until && slot.retry_at > draft.now().mono)
    block->until = wall_time_of(draft.now(), slot.retry_at);
  return block;
}

// A successor is wanted in place of its predecessor, not beside it.
bool is_wanted(const Draft& draft, const SessionRow& row) {
  const bool takes_over = row.state == State::queued && row.predecessor && serves(draft, *row.predecessor);
  return !takes_over;
}

void count_sessions(Draft& draft, const Slot& slot, bool counts, Tally& tally) {
  for (const SessionId& id : slot.live) {
    const SessionRow& row = draft.find(id)->row;
    if (!row.last_error.empty()) tally.last_error = row.last_error;
    const auto lost = lost_start_of(draft, *draft.find(id));
    if (lost) tally.block = StartBlock{lost->why, lost->until};
    if (!serves(draft, id)) {
      ++tally.counts.ending;
      // What did not become active in time is wanted still, and may not be started again yet.
      if (lost && counts && row.ending && row.ending->reason == Reason::start_timeout) ++tally.counts.wanted;
      continue;
    }
    if (row.state == State::active) ++tally.counts.live;
    if (!counts || !is_wanted(draft, row)) continue;
    ++tally.counts.wanted;
    if (row.state == State::queued && !tally.block) tally.block = block_of(draft, row);
  }
}

void count_slot(Draft& draft, const Plan& plan, int replica, const Want& want, Tally& tally) {
  const Slot& slot = draft.slot({plan.name, replica});
  const bool counts = replica < plan.count;
  count_sessions(draft, slot, counts, tally);
  if (slot.live.empty() && slot.failures > 0) {
    tally.last_error = slot.last_error;
    tally.retry_at = std::min<Mono>(tally.retry_at, slot.retry_at);
  }
  if (!counts || !slot_want(draft, plan, slot, want)) return;
  ++tally.counts.wanted;
  if (!tally.block) tally.block = block_of(draft, plan, slot);
}

// The first start at `from` or later; at `from` itself where the plan lacks a session and is in a window
// then.
std::optional<Wall> start_from(const Plan& plan, Wall from, bool lacks) {
  const bool windows = plan.schedule.kind() != Schedule::Kind::occurrences;
  if (windows && lacks && plan.schedule.window_at(from)) return from;
  const auto next = plan.schedule.next_start(from - one_before);
  return next ? std::optional(next->start) : std::nullopt;
}

std::optional<Wall> next_start_of(Draft& draft, const Plan& plan, const Pause* pause, bool lacks) {
  const Wall now = draft.now().wall;
  std::optional<Wall> from;
  if (pause) {
    if (!pause->until) return std::nullopt;
    from = *pause->until;
  }
  if (const auto block = budget_block(draft, plan.name, plan.provider, false); block && block->until) {
    from = std::max(from.value_or(*block->until), *block->until);
  }
  if (from) return start_from(plan, *from, lacks);
  const auto next = plan.schedule.next_start(now);
  return next ? std::optional(next->start) : std::nullopt;
}

}  // namespace

PlanCondition condition_of(const PlanCounts& counts) {
  if (counts.paused) return PlanCondition::paused;
  if (counts.degraded) return PlanCondition::degraded;
  if (counts.live < counts.wanted) return counts.blocked ? PlanCondition::blocked : PlanCondition::starting;
  if (counts.live > 0) return PlanCondition::as_wanted;
  return counts.ending > 0 ? PlanCondition::stopping : PlanCondition::idle;
}

PlanStanding standing_of(Draft& draft, const Plan& plan) {
  const Now now = draft.now();
  const PlanTrack* track = draft.plan_track(plan.name);
  const PlanRow unknown;
  const PlanRow& row = track ? track->row : unknown;
  Tally tally;
  tally.counts.paused = draft.is_paused(plan.name);
  tally.counts.degraded = is_degraded(draft, plan.name);
  const Want want = want_now(plan, row, now.wall, tally.counts.paused);
  for (const int replica : replicas_of(draft, plan.name, plan.count))
    count_slot(draft, plan, replica, want, tally);
  tally.counts.blocked = tally.block.has_value();
  PlanStanding standing;
  standing.condition = condition_of(tally.counts);
  standing.wanted = tally.counts.wanted;
  standing.live = tally.counts.live;
  standing.last_error = tally.last_error;
  const bool lacks = tally.counts.live < tally.counts.wanted;
  if (lacks && tally.retry_at > now.mono) standing.next_attempt = wall_time_of(now, tally.retry_at);
  if (tally.block) {
    standing.blocked_reason = tally.block->why;
    standing.blocked_until = tally.block->until;
  }
  if (plan.schedule.kind() != Schedule::Kind::always && !shows_time(now.wall)) {
    standing.blocked_reason = "the machine's clock shows " + to_rfc3339(now.wall) +
                              ", which is wrong: the schedule waits until it is set";
    return standing;
  }
  standing.next_start = next_start_of(draft, plan, tally.counts.paused ? &*row.pause : nullptr,
                                      lacks || tally.counts.live == 0);
  return standing;
}

bool is_degraded(const Draft& draft, const PlanName& name) {
  return is_raised(draft, Topic::plan_degraded, name.str());
}

std::optional<Wall> calm_at(const Draft& draft, const Plan& plan, const Slot& slot) {
  const SessionRow* row = slot.failures > 0 ? newest_active(draft, slot) : nullptr;
  if (!row) return std::nullopt;
  return *row->active_at + plan.keep_alive.backoff_reset_after;
}

void tell_condition(Draft& draft, const Plan& plan, bool paused) {
  const std::string& name = plan.name.str();
  bool well = true;
  for (int replica = 0; replica < plan.count; ++replica) {
    const SlotKey key{plan.name, replica};
    if (const auto calm = calm_at(draft, plan, draft.slot(key)); calm && *calm <= draft.now().wall) {
      draft.edit_slot(key).failures = 0;
    }
    const Slot& slot = draft.slot(key);
    if (!paused && slot.failures >= degraded_failures) {
      raise(draft, Topic::plan_degraded, name,
            "plan " + name + " is degraded: " + std::to_string(slot.failures) +
                " sessions in a row ended early" +
                (slot.last_error.empty() ? "" : ", the last one with: " + slot.last_error));
    }
    const bool over = slot.live.empty() && (!slot.last_state || *slot.last_state == State::closed);
    well = well && slot.failures == 0 && (over || newest_active(draft, slot));
  }
  if ((well || paused) && is_degraded(draft, plan.name)) {
    clear(draft, Topic::plan_degraded, name, "plan " + name + (well ? " is as wanted again" : " is paused"));
  }
}

Millis provider_grace(const Traits& traits) { return traits.request_timeout + Seconds{5}; }

std::optional<Reason> passed_deadline(const Tracked& session, const Traits& traits, Mono now) {
  const Millis grace = provider_grace(traits);
  if (session.start_by && now >= *session.start_by) return Reason::start_timeout;
  if (session.own_hard_at && now >= *session.own_hard_at) return Reason::max_duration;
  if (session.hard_at && now >= *session.hard_at + grace) return Reason::max_duration;
  if (session.idle_at && session.beat_at && now >= *session.idle_at + grace) return Reason::idle_timeout;
  return std::nullopt;
}

Mono overdue_at(const Tracked& session, const Traits& traits) {
  const Millis grace = provider_grace(traits);
  Mono at = std::min(session.start_by.value_or(mono_never), session.own_hard_at.value_or(mono_never));
  if (session.hard_at) at = std::min(at, *session.hard_at + grace);
  if (session.idle_at && session.beat_at) at = std::min(at, *session.idle_at + grace);
  return at;
}

}  // namespace keeper
