#include "core/operator.h"

#include <algorithm>

#include "core/budget.h"
#include "core/counting.h"
#include "core/deadlines.h"
#include "core/handled_times.h"
#include "core/lifecycle.h"
#include "core/lost_start.h"
#include "core/wants.h"

namespace keeper {
namespace {

void pause(Draft& draft, const PlanName& name, const std::optional<Wall>& until, const std::string& reason) {
  draft.edit_plan(name).row.pause = Pause{draft.now().wall, until, reason};
  draft.wake_plan(name);
}

// Its sessions are read anew, so that a rollover that was blocked is planned again.
void lift_pause(Draft& draft, const PlanName& name) {
  draft.edit_plan(name).row.pause.reset();
  draft.wake_plan(name);
  for (const auto& [id, session] : draft.world().sessions) {
    if (session.row.plan != name) continue;
    call_now(draft.edit(id), draft.now().mono);
    draft.wake_session(id);
  }
}

// A slot has no session because an operator ended it.
bool was_stopped(const Draft& draft, const Plan& plan) {
  for (int replica = 0; replica < plan.count; ++replica) {
    const Slot& slot = draft.slot({plan.name, replica});
    const bool served = std::any_of(slot.live.begin(), slot.live.end(),
                                    [&](const SessionId& id) { return serves(draft, id); });
    const bool ends = std::any_of(slot.live.begin(), slot.live.end(), [&](const SessionId& id) {
      const auto& ending = draft.find(id)->row.ending;
      return ending && ending->reason == Reason::stopped_by_operator;
    });
    if (!served && (ends || slot.last_reason == Reason::stopped_by_operator)) return true;
  }
  return false;
}

void want_by_hand(Draft& draft, const Plan& plan) {
  const Wall now = draft.now().wall;
  draft.edit_plan(plan.name).row.by_hand = ByHand{now, end_by_hand(plan, now)};
}

// What an operator stopped in a window that lasts begins again by the operator's word only, and this is one.
void resume(Draft& draft, const Plan& plan) {
  const bool paused = draft.is_paused(plan.name);
  lift_pause(draft, plan.name);
  if (paused && plan.schedule.window_at(draft.now().wall) && was_stopped(draft, plan)) {
    want_by_hand(draft, plan);
  }
}

void end_sessions(Draft& draft, const PlanName* only) {
  for (const auto& [id, session] : draft.world().sessions) {
    if (only && session.row.plan != *only) continue;
    ask_end(draft, id, State::closed, Reason::stopped_by_operator, Cause::operator_);
  }
}

// A pause that lasts already keeps its end and its reason.
void stop_plan(Draft& draft, const PlanName& name) {
  if (!draft.is_paused(name)) pause(draft, name, std::nullopt, "stopped by an operator");
  draft.edit_plan(name).row.by_hand.reset();
  end_sessions(draft, &name);
}

bool any_live(const Draft& draft, const Plan& plan) {
  for (int replica = 0; replica < plan.count; ++replica) {
    if (!draft.slot({plan.name, replica}).live.empty()) return true;
  }
  return false;
}

// A start that is refused changes nothing.
Ack start(Draft& draft, const Plan& plan) {
  const Wall now = draft.now().wall;
  const bool windows = plan.schedule.kind() != Schedule::Kind::occurrences;
  const bool lives = any_live(draft, plan);
  if (!windows && (lives ? !draft.is_paused(plan.name) : budget_block(draft, plan).has_value())) {
    return Ack::refused;
  }
  lift_pause(draft, plan.name);
  // Who starts by hand may know that the allowance is there again, or the provider back.
  ProviderTrack& provider = draft.edit_provider(plan.provider);
  provider.starts_from = Mono{};
  provider.exhausted = false;
  if (windows) {
    want_by_hand(draft, plan);
  } else if (!lives) {
    mark_handled(draft.edit_plan(plan.name).row, now, now);
    for (int replica = 0; replica < plan.count; ++replica) {
      draft.edit_slot({plan.name, replica}).failures = 0;
      create_session(draft, plan, replica, now, Reason::started_by_operator, Cause::operator_);
    }
  }
  return Ack::accepted;
}

Ack stop_session(Draft& draft, const OperatorAsked& asked) {
  const Tracked* session = draft.find(asked.session);
  if (!session) return Ack::unknown;
  if (is_terminal(session->row.state)) return Ack::refused;
  ask_end(draft, asked.session, State::closed, Reason::stopped_by_operator, Cause::operator_);
  believe_operator(draft, asked.session);
  if (asked.cancel && draft.find(asked.session)->row.ending)
    draft.edit(asked.session).row.ending->cancel = true;
  return Ack::accepted;
}

Ack obey(Draft& draft, const OperatorAsked& asked) {
  switch (asked.order) {
    case Order::stop_session:
      return stop_session(draft, asked);
    case Order::stop_all:
      for (const auto& [name, plan] : draft.config().plans) stop_plan(draft, name);
      end_sessions(draft, nullptr);
      return Ack::accepted;
    case Order::start:
    case Order::stop_plan:
    case Order::pause:
    case Order::resume:
      break;
  }
  const Plan* plan = draft.plan(asked.plan);
  if (!plan) return Ack::unknown;
  if (asked.order == Order::start) return start(draft, *plan);
  if (asked.order == Order::stop_plan) stop_plan(draft, asked.plan);
  if (asked.order == Order::pause) pause(draft, asked.plan, asked.until, asked.reason);
  if (asked.order == Order::resume) resume(draft, *plan);
  return Ack::accepted;
}

}  // namespace

void on_operator_asked(Draft& draft, const OperatorAsked& asked) {
  draft.acknowledge(asked.waiter, draft.shutting_down() ? Ack::refused : obey(draft, asked));
}

}  // namespace keeper
