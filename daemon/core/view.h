// The view: what the keeper knows at one moment, as an immutable picture for readers. Made by the loop after
// a commit; read by any thread through a shared pointer.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/plan.h"

namespace keeper {

// A session whose remote may still exist, with its volatile deadlines as wall times.
struct SessionView {
  SessionRow row;
  std::optional<Wall> idle_deadline;
  std::optional<Wall> hard_deadline;
  std::optional<Wall> next_heartbeat_at;
  std::optional<Wall> rollover_at;
  std::optional<Wall> next_call_at;
  std::optional<std::string> call_in_flight;  // the effect's kind
};

enum class PlanCondition { idle, as_wanted, starting, stopping, degraded };
std::string_view to_string(PlanCondition condition);

struct PlanView {
  PlanName name;
  ProviderName provider;
  std::string fingerprint;
  int wanted = 0;  // sessions that should be alive now
  int live = 0;    // sessions that are active
  PlanCondition condition = PlanCondition::idle;
  std::optional<Wall> next_start;
  std::optional<Wall> next_stop;
  std::string time_zone;
  std::string last_error;
};

struct ProviderView {
  ProviderName name;
  bool healthy = true;  // false: its last call failed
  std::string last_error;
};

struct View {
  Wall at{};
  InstanceId instance;
  std::array<std::int64_t, 5> counts{};  // sessions by state, in the order of all_states
  std::vector<PlanView> plans;           // by name
  std::vector<SessionView> sessions;     // unresolved ones, newest first
  std::vector<ProviderView> providers;   // by name
  std::shared_ptr<const Config> config;
};

using ViewPtr = std::shared_ptr<const View>;

}  // namespace keeper
