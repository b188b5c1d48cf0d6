#include "sim/worlds.h"

#include "sim/simulation.h"

namespace keeper::sim {

const std::vector<WorldEntry>& worlds() {
#define KEEPER_SIM_HOLDS(name, sentence) WorldEntry{SimWorld::name, #name, sentence, 0, {}},
#define KEEPER_SIM_BROKEN(name, seed, message, sentence) \
  WorldEntry{SimWorld::name, #name, sentence, seed, message},
  static const std::vector<WorldEntry> all{KEEPER_SIM_WORLDS(KEEPER_SIM_HOLDS, KEEPER_SIM_BROKEN)};
#undef KEEPER_SIM_HOLDS
#undef KEEPER_SIM_BROKEN
  return all;
}

std::map<std::string, SimWorld> worlds_by_name() {
  std::map<std::string, SimWorld> names;
  for (const WorldEntry& entry : worlds()) names.emplace(entry.name, entry.world);
  return names;
}

bool Simulation::clock_moves() const {
  return clock_steps_ || is_in(SimWorld::clock_1970) || is_in(SimWorld::clock_ahead) ||
         is_in(SimWorld::clock_drift);
}

// At most one of those that the program stands, by a number of its own as well.
void Simulation::draw_unkind() {
  Random random(options_.seed ^ 0x2545f4914f6cdd1dU);
  std::vector<SimWorld> held;
  for (const WorldEntry& entry : worlds()) {
    if (entry.seed == 0) held.push_back(entry.world);
  }
  if (random.chance(0.25)) worlds_.on.insert(held[random.below(held.size())]);
  for (const WorldEntry& entry : worlds()) {
    if (is_in(entry.world)) log("in the world " + entry.name);
  }
}

// From a number of its own, so that a seed without worlds stays what it was.
void Simulation::enter_worlds() {
  worlds_.random = Random(options_.seed ^ 0x5851f42d4c957f2dU);
  worlds_.on = options_.worlds;
  if (options_.draw_worlds) draw_unkind();
  worlds_.form = static_cast<int>(worlds_.random.below(3));
  worlds_.rate = 0.1 + 0.5 * worlds_.random.unit();
  shape_plans();
  shape_providers();
  shape_calls();
}

void Simulation::begin_worlds(Mono end) {
  note_shown();
  for (const auto& [name, plan] : config_->plans) worlds_.since[name] = {now_, std::nullopt};
  if (worlds_.on.empty()) return;
  begin_clock(end);
  for (Mono at = now_ + Seconds{30}; at < end; at += std::chrono::minutes{1}) {
    later(at, [this] {
      if (worlds_.down || healed_at_ != mono_never) return;
      change_configuration();
      trouble_providers();
    });
  }
}

void Simulation::heal_worlds() {
  set_clock_right();
  restore_configuration();
  worlds_.refused_until = worlds_.unread_until = now_;
}

}  // namespace keeper::sim
