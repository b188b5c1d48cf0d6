#include "cli/plan_change.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <vector>

#include "base/text.h"
#include "cli/table.h"
#include "config/config.h"
#include "provider/provider_table.h"

namespace keeper {
namespace {

using Json = nlohmann::ordered_json;

// A plan as the daemon has it.
struct Running {
  std::string fingerprint;
  int live = 0;
  bool paused = false;
};

struct PlanChange {
  std::string plan;
  int start = 0, stop = 0, roll_over = 0, keep = 0;
  std::string why;
};

std::optional<std::map<std::string, Running>> running_plans(const Asking& asking, const Terminal& terminal) {
  std::map<std::string, Running> plans;
  Query query{{"limit", "1000"}};
  while (true) {
    const Result<std::string> body = asking.client.get("/api/v1/plans", query);
    const Result<nlohmann::json> page = body ? parse_answer(*body) : Result<nlohmann::json>(body.error());
    if (!page) {
      terminal.err << "session-keeper: " << page.error().what << "\n";
      return std::nullopt;
    }
    for (const auto& plan : page->value("plans", nlohmann::json::array())) {
      plans[plan.value("name", std::string{})] = {plan.value("fingerprint", std::string{}), plan.value("live", 0),
                                                  plan.value("paused", false)};
    }
    const auto next = page->find("next");
    if (next == page->end() || !next->is_string()) return plans;
    query = {{"limit", "1000"}, {"before", next->get<std::string>()}};
  }
}

// How many sessions the plan has at once from now on: a window says it, single occurrences keep what they have, of
// which there may be several where they overlap.
int wanted_of(const Plan& plan, int live, Wall now) {
  if (plan.schedule.kind() == Schedule::Kind::occurrences) return live;
  return plan.schedule.window_at(now) ? plan.count : 0;
}

std::string next_start_of(const Plan& plan, Wall now) {
  const auto next = plan.schedule.next_start(now);
  return next ? "next start " + to_rfc3339(next->start, plan.schedule.spec().zone) : "no start to come";
}

PlanChange change_of(const Plan& plan, const Running* running, Wall now) {
  PlanChange change;
  change.plan = plan.name.str();
  const int live = running ? running->live : 0;
  const int wanted = wanted_of(plan, live, now);
  const int stay = std::min(live, wanted);
  change.stop = live - stay;
  if (!running) {
    change.why = "new";
  } else if (running->fingerprint != plan.fingerprint) {
    change.why = "its provider or session changed";
    change.roll_over = std::min(stay, plan.count);  // of overlapping occurrences, the newest
  } else if (change.stop > 0) {
    change.why = wanted == 0 ? "its schedule has no window now" : "its count is lower";
  } else if (wanted > live) {
    change.why = "it has less than it wants";
  }
  change.keep = stay - change.roll_over;
  if (running && running->paused) {
    change.why += change.why.empty() ? "paused" : "; paused, so nothing starts";
    change.keep += change.roll_over;
    change.roll_over = 0;
  } else {
    change.start = wanted - stay;
  }
  if (wanted == 0 && live == 0) change.why += (change.why.empty() ? "" : "; ") + next_start_of(plan, now);
  return change;
}

std::vector<PlanChange> changes_of(const Config& config, std::map<std::string, Running> running, Wall now) {
  std::vector<PlanChange> changes;
  for (const auto& [name, plan] : config.plans) {
    const auto known = running.find(name.str());
    changes.push_back(change_of(plan, known == running.end() ? nullptr : &known->second, now));
    if (known != running.end()) running.erase(known);
  }
  for (const auto& [name, plan] : running) {
    changes.push_back({.plan = name, .stop = plan.live, .why = "not in the file"});
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.plan < b.plan; });
  return changes;
}

void show(const std::vector<PlanChange>& changes, bool json, const Terminal& terminal) {
  if (json) {
    Json list = Json::array();
    for (const PlanChange& one : changes) {
      list.push_back({{"plan", one.plan}, {"start", one.start}, {"stop", one.stop}, {"roll_over", one.roll_over},
                      {"keep", one.keep}, {"why", one.why.empty() ? Json() : Json(one.why)}});
    }
    terminal.out << list.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  Table table({"PLAN~", "START", "STOP", "ROLL OVER", "KEEP", "WHY~"});
  const auto number = [](int n) { return n == 0 ? std::string("-") : std::to_string(n); };
  for (const PlanChange& one : changes) {
    table.row({printable(one.plan, 60), number(one.start), number(one.stop), number(one.roll_over), number(one.keep),
               one.why.empty() ? "unchanged" : one.why});
  }
  if (table.empty()) {
    terminal.out << "no plans\n";
    return;
  }
  table.print(terminal.out, terminal.columns, terminal.colour);
}

}  // namespace

int ask_plan_change(const Asking& asking, const std::string& config, const Terminal& terminal) {
  // Where a credential is missing here, the daemon may have it all the same.
  const LoadOutcome outcome = load_settings(config, provider_kinds(), {});
  for (const Problem& problem : outcome.problems) {
    if (problem.severity == Problem::Severity::error) terminal.err << to_line(problem) << "\n";
  }
  if (!outcome.settings) return exit_bad_configuration;
  auto running = running_plans(asking, terminal);
  if (!running) return 1;
  show(changes_of(*outcome.settings->config, *std::move(running), wall_now()), asking.json, terminal);
  return 0;
}

}  // namespace keeper
