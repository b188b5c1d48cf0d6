#include "sim/simulation.h"

#include <algorithm>
#include <cstdio>

#include "base/hash.h"
#include "base/planted.h"
#include "core/known_plan.h"
#include "core/known_traits.h"

namespace keeper::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Millis phase1 = minutes{90};
constexpr Millis phase2 = minutes{45};

// A round takes all that waits, so a few at one moment do all that there is to do.
constexpr int turns_at_once_max = 10000;

Cron cron(const std::string& text) { return std::get<Cron>(Cron::parse(text)); }

Schedule draw_schedule(Random& random, const PlanName& name) {
  Schedule::Spec spec;
  spec.plan = name;
  switch (random.below(4)) {
    case 0:
      spec.always = true;
      break;
    case 1:
      spec.start = cron("0,30 * * * *");
      spec.stop = cron("20,50 * * * *");
      break;
    case 2:
      spec.start = cron("5 * * * *");
      spec.duration = minutes{40};
      if (random.chance(0.5)) spec.jitter = minutes{3};
      break;
    default:
      spec.start = cron("*/15 * * * *");
      break;
  }
  return Schedule::make(std::move(spec)).value();
}

}  // namespace

Simulation::Simulation(const Options& options) : options_(options), random_(options.seed) {
  draw_world();
  enter_worlds();
}

void Simulation::log(const std::string& line) {
  verdict_.log_hash = stable_hash(line, verdict_.log_hash);
  if (options_.log) std::printf("%s %s\n", to_rfc3339(now().wall).substr(11, 12).c_str(), line.c_str());
}

std::string Simulation::place() const {
  return "at " + to_rfc3339(now().wall) + ", sim " + (options_.draw_worlds ? "--draw-worlds " : "") +
         "--seed " + std::to_string(options_.seed);
}

void Simulation::fail(const std::string& what) {
  if (!verdict_.broken.empty()) return;
  verdict_.broken = what + " " + place();
  log("BROKEN " + what);
}

Plan Simulation::draw_plan(int number, const SimProvider& provider) {
  Plan plan = test::known_plan();
  plan.name = PlanName{"plan-" + std::to_string(number)};
  plan.provider = provider.name();
  plan.schedule = draw_schedule(random_, plan.name);
  plan.parameters = "{}";
  plan.fingerprint = plan.name.str() + "-a";
  const bool exclusive = provider.type() == ProviderType{"sonoran_cms"};
  if (exclusive) plan.place = "server/" + std::to_string(number);
  plan.count = exclusive ? 1 : 1 + static_cast<int>(random_.below(2));
  if (random_.chance(0.3)) plan.on_shutdown = OnShutdown::stop;
  if (provider.type() == ProviderType{"notte"}) {
    plan.idle_timeout = minutes{3};
    plan.maximum = minutes{20};
  } else {
    plan.max_duration = minutes{15 + static_cast<int>(random_.below(30))};
  }
  plan.keep_alive.heartbeat = random_.chance(0.8);
  if (random_.chance(0.7)) {
    plan.keep_alive.rollover = exclusive ? Rollover::break_before_make : Rollover::make_before_break;
  }
  const std::uint64_t overlap = random_.below(exclusive ? 6 : 7);
  plan.overlap = overlap < 3   ? Overlap::skip
                 : overlap < 4 ? Overlap::replace
                 : overlap < 6 ? Overlap::buffer_one
                               : Overlap::allow;
  const std::uint64_t restart = random_.below(10);
  plan.keep_alive.restart = restart < 6   ? Restart::by_schedule
                            : restart < 9 ? Restart::on_failure
                                          : Restart::never;
  return plan;
}

// By a hash, so that no other draw moves.
void Simulation::draw_habits() {
  const std::string seed = std::to_string(options_.seed);
  if (stable_hash(seed, 41) % 4 == 0) {
    const ProviderName name{"videosdk"};
    providers_.at(name).bill_ended();
    config_->providers.at(name).has_cleanup = true;
  }
  if (stable_hash(seed, 43) % 4 != 0) return;
  const ProviderName name{"notte"};
  providers_.at(name).tell_deadlines();
  Traits& traits = config_->providers.at(name);
  traits.heartbeat_proof = HeartbeatProof::read_back;
  traits.extension = Extension{minutes{3}, false};
}

void Simulation::draw_world() {
  config_ = std::make_shared<Config>(test::known_config());
  const Millis skew = random_.chance(0.3) ? random_.between(-Seconds{40}, Seconds{40}) : Millis{0};
  for (const ProviderType& type :
       {ProviderType{"notte"}, ProviderType{"videosdk"}, ProviderType{"sonoran_cms"}}) {
    const ProviderName name{type.str()};
    config_->providers[name] = test::known_traits(type);
    providers_.emplace(name, SimProvider{name, type, skew});
  }
  draw_habits();
  int number = 0;
  for (const auto& [name, provider] : providers_) {
    const int plans = static_cast<int>(random_.below(3));
    for (int i = 0; i < plans; ++i) {
      const Plan plan = draw_plan(number++, provider);
      config_->plans[plan.name] = plan;
    }
  }
  draw_money();
  const auto rate = [&](double most) { return random_.chance(0.5) ? random_.unit() * most : 0.0; };
  phase_faults_.refuse = rate(0.2);
  phase_faults_.lose_before = rate(0.2);
  phase_faults_.lose_after = rate(0.3);
  phase_faults_.exhaust = rate(0.1);
  phase_faults_.slow = rate(0.2);
  phase_faults_.stale = rate(0.3);
  phase_faults_.end_alone = rate(0.02);
  phase_faults_.drop = rate(0.3);
  phase_faults_.repeat = rate(0.3);
  phase_faults_.delay = rate(0.5);
  phase_faults_.late = rate(0.3);
  phase_faults_.false_end = random_.chance(0.3) ? random_.unit() * 0.01 : 0;
  phase_faults_.stuck = random_.chance(0.3) ? random_.unit() * 0.2 : 0;
  phase_faults_.list_lag = random_.chance(0.3) ? random_.between(Millis{0}, Seconds{8}) : Millis{0};
  crash_rate_ = random_.chance(0.6) ? random_.unit() * 0.03 : 0;
  clock_steps_ = random_.chance(0.3);
  draw_disk();
}

void Simulation::draw_disk() {
  const InstanceId instance{"simulated"};
  // An unkind world is looked at by itself.
  if (!options_.disk && (!random_.chance(0.2) || !options_.worlds.empty())) {
    store_ = Store::open_in_memory(instance).value();
    return;
  }
  disk_ = std::make_unique<SimDisk>(instance, [this] { return now_; });
  calm_ = random_.chance(0.4);
  if (!calm_) return;
  phase_faults_ = {};
  crash_rate_ = 0;
  clock_steps_ = false;
}

void Simulation::trouble_disk() {
  // A process that is killed before it has written again what the disk forgot cannot know of it.
  const auto trouble = static_cast<Trouble>(1 + random_.below(calm_ ? 6 : 5));
  const Millis lasts = random_.chance(0.3)   ? Millis{1}
                       : random_.chance(0.5) ? random_.between(Seconds{1}, Seconds{40})
                                             : random_.between(minutes{1}, minutes{20});
  ++verdict_.troubles;
  log("the disk " + std::string(to_string(trouble)) + " for " + to_text(lasts));
  disk_->trouble(trouble, now_ + lasts, random_);
}

void Simulation::later(Mono at, std::function<void()> act) { queue_.emplace(at, std::move(act)); }

void Simulation::meddle() {
  if (worlds_.down) return;
  if (!calm_ && random_.chance(0.05)) {
    for (auto& [name, provider] : providers_) {
      for (SimRemote& remote : provider.remotes()) {
        if (!remote.alive || remote.stranger || !random_.chance(phase_faults_.end_alone * 10)) continue;
        provider.end_by_third_party(remote, random_.chance(0.5) ? State::closed : State::error, now_);
        log("third party ends " + remote.id.str());
      }
    }
  }
  if (clock_steps_ && random_.chance(0.02)) {
    if (random_.chance(0.8)) {
      step_clock(random_.between(-hours{2}, hours{2}));
    } else {
      const Millis years = hours{24 * 365} * static_cast<Millis::rep>(1 + random_.below(10));
      step_clock(years);
      later(now_ + random_.between(Seconds{1}, minutes{20}), [this, years] { step_clock(-years); });
    }
  }
  // Also in the middle of what schedules begin at the full minute.
  if (disk_ && random_.chance(0.06))
    later(now_ + random_.between(Millis{0}, Millis{500}), [this] { trouble_disk(); });
  // It forgets only where all else is calm.
  if (disk_ && calm_ && store_works_ && disk_->trouble() == Trouble::none) disk_->remember();
  if (calm_) return;
  if (random_.chance(0.02)) begin_outage();
  if (random_.chance(0.01)) cut_off();
  if (random_.chance(0.01)) leave();
  if (random_.chance(0.02)) reload();
  if (random_.chance(crash_rate_)) restart();
}

void Simulation::step_clock(Millis by) {
  wall_offset_ += by;
  note_shown();
  log("clock step");
}

void Simulation::begin_outage() {
  auto at = providers_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(providers_.size())));
  if (outages_.contains(at->first)) return;
  ++verdict_.outages;
  log("outage of " + at->first.str());
  const Mono end = now_ + random_.between(minutes{2}, minutes{10});
  outages_[at->first] = {now_, end};
  later(end, [this, name = at->first] {
    // A probe at a time, each within what is left of the circuit's wait; and those on their way when it
    // began. A process that crashes forgets its circuits.
    const Outage& outage = outages_.at(name);
    const auto lasted = std::chrono::duration_cast<minutes>(outage.end - outage.begin).count();
    if (outage.starts > 16 + 6 * static_cast<int>(lasted) + 8 * outage.restarts)
      fail("10: starts storm in an outage of " + name.str());
    outages_.erase(name);
  });
}

// Same plans, but for one that comes, goes or changes what it starts.
void Simulation::reload() {
  auto next = std::make_shared<Config>(*config_);
  if (next->plans.empty() || worlds_.file_invalid) return;
  auto at = next->plans.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(next->plans.size())));
  // An account of one has no room for a second session of its plan.
  const bool counts = !is_in(SimWorld::account_of_one) || at->second.provider != ProviderName{"notte"};
  if (random_.chance(0.5) || !counts) {
    at->second.fingerprint += "b";
  } else {
    at->second.count = at->second.count == 1 && at->second.place.empty() ? 2 : 1;
  }
  bring_config(std::move(next));
}

// Where it is refused, its sender tries again.
void Simulation::load_config() {
  inbox_->post(ConfigLoaded{given(options_.mutant, config_), 0}, [this](std::optional<Ack> ack) {
    if (ack) {
      note_taken();
      return;
    }
    if (!worlds_.refused_reload) worlds_.refused_reload = now_;
    later(now_ + Seconds{10}, [this] {
      if (!worlds_.down) load_config();
    });
  });
}

// What waits is due at once, so rounds that never take it would stop the time.
void Simulation::run_until(Mono end) {
  int turns_at_once = 0;
  while (now_ < end && verdict_.broken.empty()) {
    Mono next = worlds_.down ? mono_never : rounds_->next_turn(now());
    if (!queue_.empty()) next = std::min(next, queue_.begin()->first);
    if (inbox_->size() > 0 && !worlds_.down) next = now_;
    next = std::min(std::max(next, now_), end);
    turns_at_once = next == now_ ? turns_at_once + 1 : 0;
    if (turns_at_once > turns_at_once_max) fail("23: the rounds turn and do nothing of what waits");
    step(next);
  }
}

void Simulation::step(Mono at) {
  now_ = at;
  for (auto& [name, provider] : providers_) provider.expire(now_);
  while (!queue_.empty() && queue_.begin()->first <= now_) queue_.extract(queue_.begin()).mapped()();
  carry_deliveries();
  if (worlds_.down) return;
  turn();
  end_process();
}

// What the program's own checks see ends a seed as an invariant does.
Verdict Simulation::run() {
  plant(options_.mutant);
  try {
    live();
  } catch (const CheckFailed& failed) {
    fail("checked by the program: " + failed.what);
  }
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes()) {
      if (!remote.stranger) verdict_.session_time += (remote.alive ? now_ : remote.ended) - remote.created;
    }
  }
  return verdict_;
}

void Simulation::live() {
  begin_worlds(now_ + phase1);
  restart();
  faults_ = phase_faults_;
  for (auto& [name, provider] : providers_) {
    // Where remotes carry no tag, one that somebody else makes while an answer of ours is lost passes for
    // ours, and so may any after a crash with a step of the clock.
    const bool told_apart = provider.type() == ProviderType{"videosdk"};
    const bool shared =
        random_.chance(0.5) && (told_apart || (provider.type() == ProviderType{"notte"} && !clock_moves()));
    const Mono at = told_apart ? now_ + random_.between(minutes{1}, phase1) : now_;
    const Mono created = told_apart ? at : now_ - minutes{10};
    if (shared) later(at, [&provider, created] { provider.add_stranger(created); });
  }
  for (Mono at = now_ + minutes{1}; at < now_ + phase1; at += minutes{1}) later(at, [this] { meddle(); });
  const Mono begin = now_;
  run_until(begin + phase1);
  faults_ = {};
  if (disk_) disk_->trouble(Trouble::none, now_, random_);
  crash_rate_ = 0;
  deaf_ = 0;
  heal_worlds();
  for (auto& [name, provider] : providers_) provider.expire(now_);
  healed_at_ = now_;
  log("healed");
  later(now_ + minutes{10}, [this] { check_waiting(); });
  later(now_ + minutes{12}, [this] { check_orphans(); });
  later(now_ + minutes{27}, [this] { check_wanted(); });
  run_until(begin + phase1 + phase2);
  if (verdict_.broken.empty()) check_healed();
  verdict_.lasted = now_ - begin;
}

}  // namespace keeper::sim
