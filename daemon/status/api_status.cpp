#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/problem_document.h"
#include "status/http_api.h"
#include "status/json_rows.h"
#include "status/told_leader.h"

namespace keeper {
namespace {

bool all_pass(const std::vector<CheckFact>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const CheckFact& check) { return check.passes; });
}

// 200 with all checks, or 503 with those that fail.
ApiAnswer answer_checks(const std::vector<CheckFact>& checks, std::string_view good, std::string_view bad) {
  const bool passes = all_pass(checks);
  JsonWriter json;
  json.begin_object();
  if (passes) {
    json.field("status", good);
  } else {
    json.field("type", "about:blank");
    json.field("title", reason_phrase(503));
    json.field("status", 503);
    json.field("detail", bad);
  }
  json.begin_array("checks");
  for (const CheckFact& check : checks) {
    if (passes || !check.passes) write(json, check);
  }
  json.end_array();
  json.end_object();
  if (passes) return {.body = json.take()};
  return {503, "application/problem+json", json.take()};
}

void write_counts(JsonWriter& json, const View& view) {
  json.begin_object("sessions");
  for (std::size_t i = 0; i < all_states.size(); ++i) json.field(to_string(all_states[i]), view.counts[i]);
  json.end_object();
  json.field("cleanups_waiting", std::count_if(view.sessions.begin(), view.sessions.end(),
                                               [](const SessionView& one) { return one.is_over; }));
}

// The ETag covers everything but the loop's age and the webhook counters, which change all the time.
std::string tag_of(const View& view, const DaemonFacts& facts) {
  std::string tag = "W/\"" + std::to_string(facts.started_at.time_since_epoch().count()) + "-" +
                    std::to_string(facts.store.last_seq) + "-" +
                    std::to_string(view.at.time_since_epoch().count());
  for (const CheckFact& check : facts.ready) tag += check.passes ? "" : "-" + check.name;
  if (facts.cluster)
    tag += (facts.cluster->leads ? "-leads" : "-follows-") + stable_hex128(told_leader(*facts.cluster));
  if (facts.monitor && facts.monitor->failing_since) tag += "-unheard";
  const auto loaded = facts.config.loaded_at;
  tag += "-" + std::to_string(loaded ? loaded->time_since_epoch().count() : 0);
  return tag + (facts.config.last_reload_successful ? "\"" : "-refused\"");
}

const ProviderFacts* facts_of(const DaemonFacts& facts, const ProviderName& name) {
  const auto found = std::find_if(facts.providers.begin(), facts.providers.end(),
                                  [&](const ProviderFacts& each) { return each.name == name; });
  return found == facts.providers.end() ? nullptr : &*found;
}

// What only the leader knows.
constexpr std::array live_members{"sessions", "cleanups_waiting", "plans",        "providers",
                                  "budgets",  "alerts",           "notifications"};

void write_live(JsonWriter& json, const View& view, const DaemonFacts& facts) {
  write_counts(json, view);
  json.begin_array("plans");
  for (const PlanView& plan : view.plans) write_plan(json, plan, false);
  json.end_array();
  json.begin_array("providers");
  for (const ProviderView& provider : view.providers)
    write_provider(json, provider, facts_of(facts, provider.name));
  json.end_array();
  json.begin_array("budgets");
  for (const BudgetView& budget : view.budgets) write(json, budget);
  json.end_array();
  json.begin_array("alerts");
  for (const AlertRow& alert : view.alerts) write(json, alert);
  json.end_array();
  json.begin_array("notifications");
  for (const TargetView& target : view.targets) write(json, target);
  json.end_array();
}

}  // namespace

ApiAnswer Api::healthy(const ApiRequest&, const Parts&) {
  return answer_checks(ports_.facts().healthy, "healthy", "not healthy");
}

ApiAnswer Api::ready(const ApiRequest&, const Parts&) {
  return answer_checks(ports_.facts().ready, "ready", "not ready");
}

ApiAnswer Api::status(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  const auto seen = view();
  const View& view = **seen;
  const DaemonFacts facts = ports_.facts();
  JsonWriter json;
  json.begin_object();
  json.field("version", facts.version);
  json.field("started_at", facts.started_at);
  json.field("ready", all_pass(facts.ready));
  json.text_or_null("instance", view.instance.str());
  json.key("config");
  write(json, facts.config);
  json.key("store");
  write(json, facts.store);
  json.field("loop_age_ms", facts.loop_age.count());
  if (follows(facts)) {
    for (const char* name : live_members) json.field(name, nullptr);
  } else {
    write_live(json, view, facts);
  }
  json.key("dead_mans_switch");
  if (facts.monitor) {
    write(json, *facts.monitor);
  } else {
    json.value(nullptr);
  }
  json.key("webhook");
  write(json, facts.webhook);
  write_cluster(json, facts);
  json.end_object();
  ApiAnswer answer{.body = json.take()};
  answer.headers.emplace_back("ETag", tag_of(view, facts));
  return answer;
}

ApiAnswer Api::plans(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  const auto limit = static_cast<std::size_t>(query.limit());
  const std::string after = query.text("before").value_or("");
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const auto seen = view();
  const std::vector<PlanView>& all = (*seen)->plans;
  auto at =
      std::find_if(all.begin(), all.end(), [&](const PlanView& plan) { return plan.name.str() > after; });
  JsonWriter json;
  json.begin_object();
  json.begin_array("plans");
  std::string_view last;
  for (std::size_t count = 0; at != all.end() && count < limit; ++at, ++count) {
    write_plan(json, *at, true);
    last = at->name.str();
  }
  json.end_array();
  json.text_or_null("next", at == all.end() ? std::string_view{} : last);
  json.end_object();
  return {.body = json.take()};
}

ApiAnswer Api::plan(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const auto seen = view();
  const PlanView* plan = seen->plan(parts.at(0));
  if (plan == nullptr) return problem(404, "there is no plan of this name");
  JsonWriter json;
  write_plan(json, *plan, true);
  return {.body = json.take()};
}

ApiAnswer Api::plan_next(const ApiRequest& request, const Parts& parts) {
  QueryReader query(request.parameters);
  const int count = query.limit("n", 10);
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const auto seen = view();
  const auto& config = (*seen)->config;
  const PlanName name(parts.at(0));
  if (!config || !config->plans.contains(name)) return problem(404, "there is no plan of this name");
  const Schedule& schedule = config->plans.at(name).schedule;
  JsonWriter json;
  json.begin_object();
  json.begin_array("occurrences");
  auto next = schedule.next_start((*seen)->at);
  for (int i = 0; i < count && next; ++i, next = schedule.next_start(next->start)) {
    json.begin_object();
    json.field("time", to_rfc3339(next->start, schedule.spec().zone));
    json.field("time_utc", next->start);
    json.field("plan", name.str());
    const auto window = schedule.window_at(next->start);
    json.field("until", window ? window->end : std::nullopt);
    json.end_object();
  }
  json.end_array();
  json.field("next", nullptr);
  json.end_object();
  return {.body = json.take()};
}

}  // namespace keeper
