// The steps from the checked tree to Settings. Each reports what the table alone cannot know.
// One load, one thread. They skip silently what `check_section` has reported.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/document.h"
#include "config/problems.h"
#include "config/secrets.h"
#include "settings/settings.h"

namespace keeper::config {

struct ProviderRead {
  ProviderSettings settings;
  std::string key_source;  // where its key comes from, for when the key is not here
};

// Empty when its type is not known.
std::optional<ProviderRead> read_provider(const Entry& entry, Outside& outside, Problems& problems);

// A provider of type http as `http` describes it.
Description read_description(const Node& node, Problems& problems);

// A plan as it stands, with what `defaults` say where it says nothing.
Node with_defaults(const Node& plan, const Node& defaults);

std::optional<Schedule> read_schedule(const Node& plan, const PlanName& name, Problems& problems);

// Fills parameters, place, idle_timeout and maximum.
void read_session(const Entry& plan_entry, const ProviderSettings& provider, Plan& plan, Outside& outside,
                  Problems& problems);

void read_keep_alive(const Node& plan_node, const ProviderSettings& provider, Plan& plan, Problems& problems);

// All plans, and what may not be between them.
std::map<PlanName, Plan> read_plans(const Node& root, const std::map<ProviderName, ProviderRead>& providers,
                                    Outside& outside, Wall now, Problems& problems);

// Prices into the providers' traits, and all budgets.
void read_money(const Node& root, Millis retention, Config& config, Problems& problems);

// Who is told, and the dead man's switch.
void read_notifications(const Node& root, Outside& outside, Settings& settings, Config& config, Problems& problems);

struct PlacedPlan {
  const Plan* plan;
  const ProviderRead* provider;
  Place place;
};

// Sonoran holds one session per server: plans on the same one must not overlap in the year from `now`.
void check_overlaps(const std::vector<PlacedPlan>& plans, Wall now, Problems& problems);

}  // namespace keeper::config
