#include "core/wants.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace keeper {
namespace {

// A job is done also where it was left to its timeout, as its plan wants it.
bool is_done(const Plan& plan, const Slot& slot) {
  return plan.schedule.kind() == Schedule::Kind::occurrences &&
         ends_as_planned(plan, *slot.last_state, *slot.last_reason);
}

bool restarts(const Plan& plan, const Slot& slot) {
  if (!slot.last_state || !slot.last_reason) return false;
  switch (*slot.last_reason) {
    case Reason::superseded:
    case Reason::stopped_by_plan:
      return plan.schedule.kind() != Schedule::Kind::occurrences || *slot.last_reason == Reason::superseded;
    case Reason::stopped_by_operator:
    case Reason::orphan:
      return false;
    case Reason::scheduled:
    case Reason::started_by_operator:
    case Reason::restarted:
    case Reason::rollover:
    case Reason::start_confirmed:
    case Reason::found:
    case Reason::webhook_started:
    case Reason::observed:
    case Reason::start_refused:
    case Reason::start_timeout:
    case Reason::ended_by_provider:
    case Reason::ended_elsewhere:
    case Reason::provider_failed:
    case Reason::idle_timeout:
    case Reason::max_duration:
    case Reason::lost:
    case Reason::stopped_at_shutdown:
      break;
  }
  switch (effective_restart(plan)) {
    case Restart::always:
      return true;
    case Restart::on_failure:
      return *slot.last_state == State::error ||
             (*slot.last_state == State::timed_out && !is_done(plan, slot)) ||
             (*slot.last_reason == Reason::stopped_at_shutdown &&
              plan.schedule.kind() != Schedule::Kind::occurrences);
    case Restart::never:
    case Restart::by_schedule:
      return false;
  }
  check_failed("a known Restart", __FILE__, __LINE__);
}

// Where occurrences may overlap, only a session of this one counts.
bool is_served(const Draft& draft, const Plan& plan, const Slot& slot, Wall occurrence) {
  const bool any = plan.schedule.kind() != Schedule::Kind::occurrences || plan.overlap != Overlap::allow;
  return std::any_of(slot.live.begin(), slot.live.end(), [&](const SessionId& id) {
    return serves(draft, id) && (any || draft.find(id)->row.occurrence == occurrence);
  });
}

// What the slot should serve now. A clock that went back must not make a window that was begun before look
// new.
std::optional<Wall> target_of(const Plan& plan, const Slot& slot, const Want& want) {
  if (plan.schedule.kind() == Schedule::Kind::occurrences) {
    return want.begin ? want.begin : want.repeats ? slot.occurrence : std::nullopt;
  }
  if (!want.begin) return std::nullopt;
  return slot.occurrence ? std::max(*slot.occurrence, *want.begin) : *want.begin;
}

}  // namespace

std::optional<SlotWant> slot_want(const Draft& draft, const Plan& plan, const Slot& slot, const Want& want) {
  const std::optional<Wall> occurrence = target_of(plan, slot, want);
  if (!occurrence || is_served(draft, plan, slot, *occurrence)) return std::nullopt;
  const bool begins = slot.occurrence != occurrence;
  if (!begins && !restarts(plan, slot)) return std::nullopt;
  return SlotWant{*occurrence, begins};
}

bool serves(const Draft& draft, const SessionId& id) {
  const Tracked* session = draft.find(id);
  return session && !session->row.ending && !is_terminal(session->row.state);
}

std::set<int> replicas_of(const Draft& draft, const PlanName& name, int count) {
  std::set<int> replicas;
  for (int i = 0; i < count; ++i) replicas.insert(i);
  const SlotKey first{name, std::numeric_limits<int>::min()};
  const auto& slots = draft.world().slots;
  for (auto at = slots.lower_bound(first); at != slots.end() && at->first.plan == name; ++at) {
    replicas.insert(at->first.replica);
  }
  return replicas;
}

}  // namespace keeper
