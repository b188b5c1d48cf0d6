// The world in which a provider carries one call at a time, as a pool of one thread does, and heartbeats take
// long: what waits for its turn goes in the pool's order.
#include <algorithm>

#include "core/known_plan.h"
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::minutes;

constexpr Millis beat_latency = Seconds{28};
constexpr int crowd = 9;

int rank_of_call(EffectKind kind) {
  return kind == EffectKind::keep_alive ? 0 : kind == EffectKind::stop ? 1 : 2;
}

}  // namespace

bool Simulation::is_crowded(const SimProvider& provider) const {
  return is_in(SimWorld::few_calls) && provider.type() == ProviderType{"notte"};
}

// More sessions than one call at a time can keep alive.
void Simulation::shape_calls() {
  if (!is_in(SimWorld::few_calls)) return;
  const ProviderName notte{"notte"};
  config_->providers.at(notte).max_concurrent = 1;
  std::erase_if(config_->plans, [&](const auto& entry) { return entry.second.provider == notte; });
  for (int n = 0; n < crowd; ++n) {
    Plan plan = test::known_plan();
    plan.name = PlanName{"crowd-" + std::to_string(n)};
    plan.provider = notte;
    plan.parameters = "{}";
    plan.fingerprint = plan.name.str();
    plan.idle_timeout = minutes{3};
    plan.maximum = minutes{20};
    plan.keep_alive.heartbeat = true;
    plan.keep_alive.rollover = Rollover::make_before_break;
    plan.keep_alive.restart = Restart::by_schedule;
    config_->plans[plan.name] = plan;
  }
}

Millis Simulation::held_up(const SimProvider& provider, const Effect& effect) const {
  return is_crowded(provider) && effect.kind == EffectKind::keep_alive ? beat_latency : Millis{0};
}

void Simulation::queue_call(const Effect& effect) {
  worlds_.calls.push_back(effect);
  carry_next();
}

void Simulation::end_call() {
  worlds_.calling = false;
  carry_next();
}

void Simulation::carry_next() {
  if (worlds_.calling || worlds_.calls.empty()) return;
  const auto next =
      std::min_element(worlds_.calls.begin(), worlds_.calls.end(), [](const auto& a, const auto& b) {
        const int first = rank_of_call(a.kind);
        const int second = rank_of_call(b.kind);
        return first != second ? first < second : a.needed_by < b.needed_by;
      });
  worlds_.calling = true;
  later(now_ + Millis{5}, [this, effect = *next, epoch = epoch_] {
    if (epoch == epoch_) call(providers_.at(effect.provider), effect, epoch);
  });
  worlds_.calls.erase(next);
}

}  // namespace keeper::sim
