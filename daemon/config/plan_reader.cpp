#include "base/text.h"
#include "config/readers.h"
#include "config/value.h"

namespace keeper::config {
namespace {

// Maps are joined, all else is taken as the plan has it.
void join(Node& own, const Node& defaults) {
  for (const Entry& entry : defaults.entries) {
    Node* mine = nullptr;
    for (Entry& candidate : own.entries) {
      if (candidate.key == entry.key) mine = &candidate.value;
    }
    if (mine == nullptr) {
      own.entries.push_back(entry);
    } else if (mine->is_map() && entry.value.is_map()) {
      join(*mine, entry.value);
    }
  }
}

std::string owner(const Plan& plan) { return "plan '" + printable(plan.name.str(), 60) + "'"; }

Overlap overlap_of(const std::string& word) {
  if (word == "replace") return Overlap::replace;
  if (word == "buffer_one") return Overlap::buffer_one;
  return word == "allow" ? Overlap::allow : Overlap::skip;
}

void read_limits(const Node& node, Plan& plan) {
  const Section& section = plan_section();
  plan.count = int_or_default(node, section, "count");
  plan.start_timeout = duration_or_default(node, section, "start_timeout");
  plan.stop_timeout = duration_or_default(node, section, "stop_timeout");
  plan.catch_up = duration_or_default(node, section, "catch_up");
  plan.max_duration = duration_at(node, "max_duration");
  plan.overlap = overlap_of(choice_or_default(node, section, "overlap"));
  const bool stops = choice_or_default(node, section, "on_shutdown") == "stop";
  plan.on_shutdown = stops ? OnShutdown::stop : OnShutdown::leave;
}

void check_one_per_place(const Node& node, const Plan& plan, const ProviderRead& provider,
                         Problems& problems) {
  if (!provider.traits.one_per_place) return;
  const std::string because = ": " + provider.settings.type.str() + " holds one session per server";
  if (plan.count > 1) {
    problems.error(node.find("count")->place, owner(plan) + ": 'count' cannot be over 1" + because);
  }
  if (plan.overlap == Overlap::allow) {
    problems.error(node.find("overlap")->place, owner(plan) + ": 'overlap' cannot be allow" + because);
  }
}

const ProviderRead* provider_of(const Node& node, const std::map<ProviderName, ProviderRead>& providers,
                                const Node& root, Plan& plan, Problems& problems) {
  const auto name = text_at(node, "provider");
  if (!name) return nullptr;
  plan.provider = ProviderName(*name);
  if (const auto found = providers.find(plan.provider); found != providers.end()) return &found->second;
  const Node* named = value_at(root, "providers");
  if (named != nullptr && named->find(*name) != nullptr) return nullptr;
  std::string message = owner(plan) + ": there is no provider '" + printable(*name, 60) + "'";
  std::vector<std::string_view> known;
  if (named != nullptr) {
    for (const Entry& entry : named->entries) known.push_back(entry.key);
  }
  if (const std::string_view word = closest(*name, known); !word.empty()) {
    message += ": did you mean '" + std::string(word) + "'?";
  }
  problems.error(node.find("provider")->place, std::move(message));
  return nullptr;
}

}  // namespace

Node with_defaults(const Node& plan, const Node& defaults) {
  Node shared = defaults.is_map() ? defaults : empty_map();
  Node schedule = empty_map();
  if (const Node* given = value_at(shared, "schedule"); given != nullptr && given->is_map())
    schedule = *given;
  std::erase_if(shared.entries, [&](const Entry& entry) {
    const bool of_schedule = entry.key == "time_zone" || entry.key == "jitter";
    if (of_schedule && schedule.find(entry.key) == nullptr) schedule.entries.push_back(entry);
    return of_schedule || entry.key == "schedule";
  });
  Node result = plan;
  for (Entry& entry : result.entries) {
    if (entry.key == "schedule" && entry.value.is_map()) join(entry.value, schedule);
    // `true` is a map that says nothing.
    if (entry.key == "keep_alive" && to_bool(entry.value) == std::optional(true)) {
      entry.value.kind = Node::Kind::map;
      entry.value.text.clear();
    }
  }
  join(result, shared);
  return result;
}

std::map<PlanName, Plan> read_plans(const Node& root, const std::map<ProviderName, ProviderRead>& providers,
                                    Outside& outside, Wall now, Problems& problems) {
  std::map<PlanName, Plan> plans;
  std::vector<PlacedPlan> placed;
  const Node* named = value_at(root, "plans");
  if (named == nullptr) return plans;
  const Node* defaults = value_at(root, "defaults");
  for (const Entry& entry : named->entries) {
    if (!entry.value.is_map()) continue;
    const Entry whole{entry.key, entry.place,
                      with_defaults(entry.value, defaults != nullptr ? *defaults : empty_map())};
    Plan& plan = plans[PlanName(entry.key)];
    plan.name = PlanName(entry.key);
    const auto schedule = read_schedule(whole.value, plan.name, problems);
    if (schedule) plan.schedule = *schedule;
    read_limits(whole.value, plan);
    const ProviderRead* provider = provider_of(whole.value, providers, root, plan, problems);
    if (provider == nullptr) continue;
    check_one_per_place(whole.value, plan, *provider, problems);
    read_session(whole, *provider, plan, outside, problems);
    read_keep_alive(whole.value, *provider, plan, problems);
    if (schedule && !plan.place.empty()) placed.push_back({&plan, provider, entry.place});
  }
  check_overlaps(placed, now, problems);
  return plans;
}

Millis default_stop_timeout(const Node& root) {
  const Node* defaults = value_at(root, "defaults");
  return duration_or_default(defaults != nullptr ? *defaults : empty_map(), defaults_section(),
                             "stop_timeout");
}

}  // namespace keeper::config
