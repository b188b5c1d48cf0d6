// The readers: each takes one part of the checked tree over into Settings, and reports what the table of keys
// alone cannot know. What check_section() has reported already they skip silently. One load calls them, on
// one thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/document.h"
#include "config/key_table.h"
#include "config/problems.h"
#include "config/secrets.h"
#include "settings/settings.h"

namespace keeper::config {

struct ProviderRead {
  const ProviderKind* kind = nullptr;  // never null once it is read
  ProviderSettings settings;
  Traits traits;
  std::string key_source;  // where its key comes from, for when the key is not here
};

// The database of `store.url`; empty where there is none.
std::optional<PgSettings> read_database(const Node& store, const Node& cluster, Outside& outside,
                                        Problems& problems);

// Of what all nodes of a database must have alike: providers, plans, their defaults, budgets and
// notifications, as they are written, before variables and ready-made descriptions are put in. The layout of
// the file and its other keys do not change it.
std::string config_hash(const Node& root);

// Empty when its type is not known.
std::optional<ProviderRead> read_provider(const Entry& entry, const ProviderKinds& kinds, Outside& outside,
                                          Problems& problems);

// A plan as it stands, with what `defaults` say where it says nothing.
Node with_defaults(const Node& plan, const Node& defaults);

std::optional<Schedule> read_schedule(const Node& plan, const PlanName& name, Problems& problems);

// Fills parameters, place, idle_timeout and maximum.
void read_session(const Entry& plan_entry, const ProviderRead& provider, Plan& plan, Outside& outside,
                  Problems& problems);

void read_keep_alive(const Node& plan_node, const ProviderRead& provider, Plan& plan, Problems& problems);

// All plans, and what may not be between them.
std::map<PlanName, Plan> read_plans(const Node& root, const std::map<ProviderName, ProviderRead>& providers,
                                    Outside& outside, Wall now, Problems& problems);

// How long a stop may take where its plan is not configured any more: what `defaults` say, or the default.
Millis default_stop_timeout(const Node& root);

// Prices into the providers' traits, and all budgets.
void read_money(const Node& root, Millis retention, Config& config, Problems& problems);

// Who is told, and the dead man's switch.
void read_notifications(const Node& root, Outside& outside, Settings& settings, Config& config,
                        Problems& problems);

struct PlacedPlan {
  const Plan* plan;
  const ProviderRead* provider;
  Place place;
};

// Sonoran holds one session per server: plans on the same one must not overlap. An overlap by what the plans
// always do is an error. One that depends on the date is a warning where it comes in the year from `now`, so
// that no file that was taken is refused later.
void check_overlaps(const std::vector<PlacedPlan>& plans, Wall now, Problems& problems);

}  // namespace keeper::config
