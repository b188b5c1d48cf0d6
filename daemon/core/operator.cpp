#include "core/operator.h"

#include "core/budget.h"
#include "core/deadlines.h"
#include "core/lifecycle.h"
#include "core/lost_start.h"
#include "core/occurrences.h"

namespace keeper {
namespace {

void pause(Draft& draft, const PlanName& name, const std::optional<Wall>& until, const std::string& reason) {
  draft.edit_plan(name).row.pause = Pause{draft.now().wall, until, reason};
  draft.wake_plan(name);
}

// Its sessions are read anew, so that a rollover that was blocked is planned again.
void resume(Draft& draft, const PlanName& name) {
  draft.edit_plan(name).row.pause.reset();
  draft.wake_plan(name);
  for (const auto& [id, session] : draft.world().sessions) {
    if (session.row.plan != name) continue;
    call_now(draft.edit(id), draft.now().mono);
    draft.wake_session(id);
  }
}

void end_sessions(Draft& draft, const PlanName* only) {
  for (const auto& [id, session] : draft.world().sessions) {
    if (only && session.row.plan != *only) continue;
    ask_end(draft, id, State::closed, Reason::stopped_by_operator, Cause::operator_);
  }
}

void stop_plan(Draft& draft, const PlanName& name) {
  pause(draft, name, std::nullopt, "stopped by an operator");
  draft.edit_plan(name).row.by_hand.reset();
  end_sessions(draft, &name);
}

bool any_live(const Draft& draft, const Plan& plan) {
  for (int replica = 0; replica < plan.count; ++replica) {
    if (!draft.slot({plan.name, replica}).live.empty()) return true;
  }
  return false;
}

// Until when a window plan that is started now is wanted: to the end of the window that is, or of one that
// would begin now.
Wall end_by_hand(const Plan& plan, Wall now) {
  if (const auto window = plan.schedule.window_at(now)) return window->end.value_or(Wall::max());
  if (const auto length = plan.schedule.spec().duration) return now + *length;
  return plan.schedule.next_stop(now).value_or(Wall::max());
}

Ack start(Draft& draft, const Plan& plan) {
  const Wall now = draft.now().wall;
  PlanTrack& track = draft.edit_plan(plan.name);
  const bool was_paused = track.row.pause.has_value();
  resume(draft, plan.name);
  // Who starts by hand may know that the allowance is there again, or the provider back.
  ProviderTrack& provider = draft.edit_provider(plan.provider);
  provider.starts_from = Mono{};
  provider.exhausted = false;
  if (plan.schedule.kind() != Schedule::Kind::occurrences) {
    track.row.by_hand = ByHand{now, end_by_hand(plan, now)};
    return Ack::accepted;
  }
  if (any_live(draft, plan)) return was_paused ? Ack::accepted : Ack::refused;
  if (budget_hold(draft, plan)) return Ack::refused;
  mark_handled(track.row, now);
  for (int replica = 0; replica < plan.count; ++replica) {
    draft.edit_slot({plan.name, replica}).failures = 0;
    create_session(draft, plan, replica, now, Reason::scheduled, Cause::operator_);
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
  if (asked.order == Order::resume) resume(draft, asked.plan);
  return Ack::accepted;
}

}  // namespace

void on_operator_asked(Draft& draft, const OperatorAsked& asked) {
  draft.acknowledge(asked.waiter, draft.shutting_down() ? Ack::refused : obey(draft, asked));
}

}  // namespace keeper
