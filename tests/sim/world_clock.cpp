// Worlds whose wall clock is wrong, and what it has shown.
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

}  // namespace

void Simulation::note_shown() { worlds_.shown.push_back({now().wall, now_}); }

// The wall clock ran through `time` after the plan's schedule came into force, or `time` is later than that
// by a clock that was never wrong.
bool Simulation::came_after(const WorldState::Since& since, Wall time) const {
  if (time >= Wall{since.at.time_since_epoch()}) return true;
  for (std::size_t i = 0; i < worlds_.shown.size(); ++i) {
    const WorldState::Shown& one = worlds_.shown[i];
    const Mono until = i + 1 < worlds_.shown.size() ? worlds_.shown[i + 1].at : now_;
    if (until < since.at) continue;
    const Wall from = one.at < since.at ? one.begin + (since.at - one.at) : one.begin;
    if (time >= from && time <= one.begin + (until - one.at)) return true;
  }
  return false;
}

void Simulation::begin_clock(Mono end) {
  Random& random = worlds_.random;
  if (is_in(SimWorld::clock_1970)) {
    step_clock(-(now().wall.time_since_epoch() - random.between(Seconds{10}, minutes{5})));
    worlds_.clock_off = true;
    later(now_ + random.between(Seconds{5}, minutes{40}), [this] { set_clock_right(); });
  }
  if (is_in(SimWorld::clock_ahead)) {
    const Mono at = now_ + random.between(minutes{2}, minutes{40});
    const Millis by =
        random.chance(0.5) ? random.between(hours{1}, hours{72}) : random.between(hours{72}, hours{70'000});
    later(at, [this, by] {
      step_clock(by);
      worlds_.clock_off = true;
    });
    later(at + random.between(minutes{12}, minutes{30}), [this] { set_clock_right(); });
  }
  if (is_in(SimWorld::clock_drift)) {
    const Millis by = random.between(-Millis{900}, Millis{900});
    for (Mono at = now_ + minutes{1}; at < end; at += minutes{1}) later(at, [this, by] { step_clock(by); });
  }
}

void Simulation::set_clock_right() {
  if (!worlds_.clock_off) return;
  worlds_.clock_off = false;
  step_clock(-wall_offset_);
}

}  // namespace keeper::sim
