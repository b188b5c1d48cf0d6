#include "status/page/attention.h"

#include <algorithm>

#include "status/page/cluster_line.h"
#include "status/told_leader.h"

namespace keeper {
namespace {

std::int64_t count_of(const View& view, PlanCondition condition) {
  return std::count_if(view.plans.begin(), view.plans.end(),
                       [&](const PlanView& plan) { return plan.standing.condition == condition; });
}

void tell(Html& list, const View& view, const PlanView& plan) {
  const PlanStanding& standing = plan.standing;
  list.raw("<li><b>").text(plan.name.str()).raw("</b> ").number(standing.live).raw(" of ");
  list.number(standing.wanted).raw(" active");
  const std::string& why = standing.blocked_reason.empty() ? standing.last_error : standing.blocked_reason;
  if (!why.empty()) list.raw(": ").text(why);
  std::optional<Wall> next = standing.blocked_reason.empty() ? standing.next_attempt : standing.blocked_until;
  for (const SessionView& session : view.sessions) {
    if (session.row.plan == plan.name && session.next_call_at && (!next || *session.next_call_at < *next)) {
      next = session.next_call_at;
    }
  }
  if (next) list.raw("; next try ").time(next);
  list.raw("</li>");
}

void tell(Html& list, const ProviderView& provider) {
  list.raw("<li><b>").text(provider.name.str()).raw("</b> ").text(spaced(to_string(provider.condition)));
  if (!provider.last_error.empty()) list.raw(": ").text(provider.last_error);
  if (provider.starts_from) list.raw("; no start before ").time(provider.starts_from);
  list.raw("</li>");
}

void tell(Html& list, const BudgetView& budget) {
  list.raw("<li><b>Budget of ").text(to_string(budget.key)).raw("</b> ").text(to_string(budget.level));
  list.raw(budget.level == BudgetLevel::hard ? ": nothing more is started before " : ": its period ends at ");
  list.time(budget.period.end).raw("</li>");
}

void tell(Html& list, const TargetView& target) {
  list.raw("<li><b>Notifications to ").text(target.name.str()).raw("</b> fail since ");
  list.time(target.failing_since).raw(": ").text(target.last_error);
  if (target.waiting > 0) list.raw("; ").number(target.waiting).raw(" not delivered");
  if (target.next_try_at) list.raw("; next try ").time(target.next_try_at);
  list.raw("</li>");
}

void tell(Html& list, const MonitorFacts& monitor) {
  list.raw("<li><b>Dead man's switch</b> its monitor was not reached since ");
  list.time(monitor.failing_since).raw(": ").text(monitor.last_error).raw("</li>");
}

}  // namespace

bool is_troubled(const PlanView& plan) {
  return plan.standing.condition == PlanCondition::degraded ||
         plan.standing.condition == PlanCondition::blocked;
}

Headline headline_of(const View& view, const DaemonFacts& facts) {
  std::string failing;
  for (const CheckFact& check : facts.ready) {
    // That it follows is told by its own words.
    const bool told = check.name == "follower" && follows(facts);
    if (!check.passes && !told) failing += (failing.empty() ? "" : ", ") + spaced(check.name);
  }
  if (facts.cluster && holds(*facts.cluster))
    return {"bad", "The database does not answer: what lives is kept, and nothing is started"};
  if (!failing.empty()) return {"bad", "Not ready: " + failing};
  if (follows(facts)) {
    if (facts.cluster->leader.empty()) return {"bad", "No node leads"};
    return {"calm", "This node is a follower; node " + facts.cluster->leader + " leads"};
  }
  for (const PlanCondition condition : {PlanCondition::degraded, PlanCondition::blocked}) {
    const auto plans = count_of(view, condition);
    if (plans == 1) return {"bad", "One plan is " + spaced(to_string(condition))};
    if (plans > 1) return {"bad", std::to_string(plans) + " plans are " + spaced(to_string(condition))};
  }
  if (!facts.config.last_reload_successful)
    return {"warn", "The last reload was refused; the configuration before it stays in effect"};
  if (view.plans.empty()) return {"calm", "No plans are configured"};
  const auto paused = static_cast<std::size_t>(count_of(view, PlanCondition::paused));
  if (paused == view.plans.size())
    return {"warn", paused == 1 ? "The plan is paused" : "All plans are paused"};
  const bool untold = std::any_of(view.targets.begin(), view.targets.end(),
                                  [](const TargetView& target) { return target.failing_since.has_value(); });
  if (untold) return {"warn", "Notifications do not get through"};
  return {"good", "All plans are as wanted"};
}

void write_attention(Html& html, const View& view, const DaemonFacts& facts) {
  Html list(html.now());
  if (!facts.config.last_reload_error.empty())
    list.raw("<li><b>Reload</b> ").text(facts.config.last_reload_error).raw("</li>");
  for (const PlanView& plan : view.plans) {
    if (is_troubled(plan)) tell(list, view, plan);
  }
  for (const ProviderView& provider : view.providers) {
    if (provider.condition != ProviderCondition::healthy) tell(list, provider);
  }
  for (const BudgetView& budget : view.budgets) {
    if (budget.level != BudgetLevel::within) tell(list, budget);
  }
  for (const TargetView& target : view.targets) {
    if (target.failing_since) tell(list, target);
  }
  if (facts.monitor && facts.monitor->failing_since) tell(list, *facts.monitor);
  if (facts.cluster) tell_cluster_troubles(list, *facts.cluster);
  const std::string told = list.inner();
  if (!told.empty()) html.raw("<ul class=\"attention\">").raw(told).raw("</ul>\n");
}

}  // namespace keeper
