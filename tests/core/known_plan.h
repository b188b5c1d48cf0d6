// Plans, budgets and targets with the limits that the keys have when a file leaves them out, for tests that
// know the core and no configuration. A test of the configuration holds them to the table of keys.
#pragma once

#include "core/plan.h"

namespace keeper::test {

inline Plan known_plan() {
  Plan plan;
  plan.start_timeout = std::chrono::minutes{2};
  plan.stop_timeout = std::chrono::minutes{1};
  plan.catch_up = std::chrono::minutes{10};
  plan.keep_alive.initial_backoff = Seconds{1};
  plan.keep_alive.max_backoff = std::chrono::minutes{5};
  plan.keep_alive.backoff_reset_after = std::chrono::minutes{10};
  return plan;
}

inline Config known_config() {
  Config config;
  config.stop_timeout = known_plan().stop_timeout;
  return config;
}

inline Budget known_budget() {
  Budget budget;
  budget.soft_percent = 80;
  return budget;
}

inline Target known_target() {
  Target target;
  target.repeat_interval = std::chrono::hours{4};
  return target;
}

}  // namespace keeper::test
