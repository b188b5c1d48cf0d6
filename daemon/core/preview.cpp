#include "core/preview.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "core/deadlines.h"

namespace keeper {
namespace {

// As the loop has it: more ticks than this at one moment mean that something stays due for ever.
constexpr int ticks_max = 64;

void take(Keeper& copy, const Event& event, Now now) { copy.install(copy.decide(event, now)); }

// What is due at this moment happens, with the budgets counted first.
Status settle_all(Keeper& copy, Now now, const SpentIn& spent) {
  for (const Period& period : copy.uncounted(now)) {
    Result<std::vector<SpentBy>> rows = spent(period, prices_of(*copy.world().config));
    if (!rows) return rows.error();
    take(copy, PeriodCounted{period, *std::move(rows)}, now);
  }
  for (int tick = 0; copy.next_wakeup(now) <= now.mono; ++tick) {
    KEEPER_CHECK(tick < ticks_max);
    take(copy, Tick{}, now);
  }
  return Done{};
}

// The sessions that wait for an answer may take their next step.
void forget_flights(Keeper& copy, Now now) {
  Draft draft(copy.world(), now);
  for (const auto& [id, session] : copy.world().sessions) {
    if (!session.flight) continue;
    Tracked& edited = draft.edit(id);
    edited.flight.reset();
    look_again(edited, now.mono);
  }
  copy.install(draft.finish());
}

bool is_live(const SessionRow& row) { return !row.ending && !is_terminal(row.state); }

const SessionRow* find(const World& world, const SessionId& id) {
  const auto found = world.sessions.find(id);
  return found == world.sessions.end() ? nullptr : &found->second.row;
}

// What becomes of a session that lives before the reload.
void count_old(const SessionRow& before, const World& after, PlanPreview& plan) {
  const SessionRow* row = find(after, before.id);
  if (row && is_live(*row)) {
    ++(row->successor && !before.successor ? plan.roll_over : plan.keep);
    return;
  }
  const bool superseded = row && row->ending && row->ending->reason == Reason::superseded;
  ++(superseded ? plan.roll_over : plan.stop);
}

PlanChange change_of(const Plan* before, const Plan* after) {
  if (!before) return PlanChange::added;
  if (!after) return PlanChange::removed;
  return before->fingerprint == after->fingerprint ? PlanChange::none : PlanChange::session_changed;
}

const Plan* plan_in(const Config& config, const PlanName& name) {
  const auto found = config.plans.find(name);
  return found == config.plans.end() ? nullptr : &found->second;
}

void add(std::string& why, const std::string& more) { why += (why.empty() ? "" : "; ") + more; }

std::string reason_of(const PlanPreview& plan, const Plan* after) {
  std::string why;
  if (plan.change == PlanChange::removed) return "not in the file";
  if (plan.change == PlanChange::added) add(why, "new");
  if (plan.change == PlanChange::session_changed) add(why, "its provider or session changed");
  const bool windows = after->schedule.kind() != Schedule::Kind::occurrences;
  if (plan.stop > 0)
    add(why, windows && plan.standing.wanted == 0 ? "its schedule has no window now" : "its count is lower");
  if (plan.start > 0 && plan.change != PlanChange::added) add(why, "it has less than it wants");
  if (plan.standing.condition == PlanCondition::paused) {
    add(why, "paused, so nothing starts");
  } else if (!plan.standing.blocked_reason.empty()) {
    add(why, plan.standing.blocked_reason);
  }
  const bool stays = plan.change == PlanChange::session_changed && plan.keep > 0;
  if (stays && plan.standing.condition != PlanCondition::paused) {
    add(why, "what is kept now is rolled over later, or ends as it was started");
  }
  if (plan.start + plan.stop + plan.roll_over + plan.keep == 0 && plan.standing.next_start) {
    add(why, "next start " + to_rfc3339(*plan.standing.next_start, after->schedule.spec().zone));
  }
  return why;
}

}  // namespace

Result<Preview> preview_of(const Keeper& keeper, const std::shared_ptr<const Config>& config, Now now,
                           const SpentIn& spent) {
  Keeper before = keeper;
  forget_flights(before, now);
  if (Status settled = settle_all(before, now, spent); !settled) return settled.error();
  Keeper after = before;
  forget_flights(after, now);
  take(after, ConfigLoaded{config, 0}, now);
  if (Status settled = settle_all(after, now, spent); !settled) return settled.error();
  const Config& old = *before.world().config;
  std::map<PlanName, PlanPreview> plans;
  for (const auto& [name, plan] : old.plans) plans[name];
  for (const auto& [name, plan] : config->plans) plans[name];
  for (const auto& [id, session] : before.world().sessions) {
    if (is_live(session.row)) count_old(session.row, after.world(), plans[session.row.plan]);
  }
  for (const auto& [id, session] : after.world().sessions) {
    const bool made = !before.world().sessions.contains(id);
    if (made && !session.row.predecessor) ++plans[session.row.plan].start;
  }
  Preview preview;
  Draft draft(after.world(), now);
  for (auto& [name, plan] : plans) {
    const Plan* fresh = plan_in(*config, name);
    plan.plan = name;
    plan.change = fresh || plan_in(old, name) ? change_of(plan_in(old, name), fresh) : PlanChange::removed;
    if (fresh) plan.standing = standing_of(draft, *fresh);
    plan.why = reason_of(plan, fresh);
    preview.plans.push_back(std::move(plan));
  }
  for (const auto& [name, traits] : config->providers) {
    if (!old.providers.contains(name)) preview.providers_added.push_back(name);
  }
  for (const auto& [name, traits] : old.providers) {
    if (!config->providers.contains(name)) preview.providers_removed.push_back(name);
  }
  return preview;
}

}  // namespace keeper
