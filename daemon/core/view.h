// The view: what the keeper knows at one moment, as an immutable picture for readers.
// The loop makes it after a commit; any thread reads it through a shared pointer. Deadlines are wall times
// here.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/condition.h"
#include "core/model.h"
#include "core/plan.h"

namespace keeper {

// A session whose remote may still exist, with its volatile deadlines as wall times.
struct SessionView {
  SessionRow row;
  std::optional<Wall> start_may_leave_until;  // the former process's; empty: none of it may
  std::optional<Wall> idle_deadline;
  std::optional<Wall> hard_deadline;
  std::optional<Wall> overdue_at;  // see core/condition.h
  std::optional<Wall> next_heartbeat_at;
  int vain_heartbeats = 0;  // in a row, that did not count
  bool is_over = false;     // its end is confirmed, and what it left is to be cleaned up
  std::optional<Wall> rollover_at;
  std::optional<Wall> next_call_at;
  std::optional<std::string> call_in_flight;  // the effect's kind
};

struct PlanView {
  PlanName name;
  ProviderName provider;
  std::string fingerprint;
  std::string time_zone;
  std::optional<Wall> next_stop;
  std::optional<Pause> pause;
  PlanStanding standing;
};

struct ProviderView {
  ProviderName name;
  ProviderCondition condition = ProviderCondition::healthy;
  std::optional<Wall> starts_from;  // no start leaves before this
  std::string last_error;
};

struct OrphanView {
  ProviderName provider;
  std::string place;
  RemoteId remote;
  OrphanCondition condition = OrphanCondition::stranger;
  std::optional<SessionId> session;  // the row that carries its stop
  std::optional<Wall> created_at;
  std::string native_status;
};

// The search for orphans at one credential, or at one of its places.
struct SweepView {
  ProviderName provider;
  std::string place;
  std::optional<Wall> done_at;
  std::optional<Wall> next_at;
  std::string last_error;
};

struct BudgetView {
  BudgetKey key;
  Budget budget;
  Period period;
  Amount used;
  BudgetLevel level = BudgetLevel::within;
  bool counted = false;  // else what ended sessions took is not known yet
};

// Somebody who is told. It fails from a try that did not get through until one does.
struct TargetView {
  TargetName name;
  std::optional<Wall> failing_since;
  std::string last_error;
  int waiting = 0;  // messages that were not delivered yet
  std::optional<Wall> next_try_at;
};

struct View {
  Wall at{};
  InstanceId instance;
  std::array<std::int64_t, 5> counts{};  // sessions by state, in the order of all_states
  std::vector<PlanView> plans;           // by name
  std::vector<SessionView> sessions;     // unresolved ones, newest first
  std::vector<ProviderView> providers;   // by name
  std::vector<OrphanView> orphans;       // by provider
  std::vector<SweepView> sweeps;         // by provider and place
  std::vector<BudgetView> budgets;       // plans', providers', then that of all
  std::vector<AlertRow> alerts;          // that are raised
  std::vector<TargetView> targets;       // by name
  std::shared_ptr<const Config> config;
};

using ViewPtr = std::shared_ptr<const View>;

}  // namespace keeper
