// Worlds whose configuration changes while plans run.
#include <algorithm>

#include "base/check.h"
#include "core/known_plan.h"
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

using std::chrono::minutes;

Cron cron_of(const std::string& text) { return std::get<Cron>(Cron::parse(text)); }

Zone zone(std::string_view name) { return Zone::find(name).value(); }

Schedule with(const Schedule& schedule, const std::function<void(Schedule::Spec&)>& change) {
  Schedule::Spec spec = schedule.spec();
  change(spec);
  Result<Schedule> made = Schedule::make(std::move(spec));
  return made.ok() ? *std::move(made) : schedule;
}

void start_by(Schedule::Spec& spec, std::uint64_t draw) {
  spec.always = false;
  spec.every.reset();
  spec.stop.reset();
  spec.duration.reset();
  spec.jitter = Millis{0};
  switch (draw) {
    case 0:
      spec.start = cron_of("*/15 * * * *");
      break;
    case 1:
      spec.start = cron_of("*/2 * * * *");
      break;
    case 2:
      spec.start = cron_of("7,37 * * * *");
      break;
    case 3:
      spec.start = cron_of("0 0 1 1 *");
      break;
    case 4:
      spec.start = cron_of("10 * * * *");
      spec.duration = minutes{35};
      break;
    default:
      spec.start.reset();
      spec.always = true;
      break;
  }
}

// The simulated days, in any zone.
DateRange today(Wall now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  return {day - std::chrono::days{1}, day + std::chrono::days{1}};
}

}  // namespace

// What the worlds need of the plans from the beginning on.
void Simulation::shape_plans() {
  Random& random = worlds_.random;
  if (is_in(SimWorld::clock_ahead)) {
    Plan plan = test::known_plan();
    plan.name = PlanName{"dense"};
    plan.provider = ProviderName{"videosdk"};
    plan.schedule = with(Schedule(), [&](Schedule::Spec& spec) {
      spec.plan = plan.name;
      spec.always = false;
      spec.every = Seconds{10};
    });
    plan.parameters = "{}";
    plan.fingerprint = "dense-a";
    plan.max_duration = random.between(minutes{1}, minutes{12});
    config_->plans[plan.name] = plan;
  }
  for (auto& [name, plan] : config_->plans) {
    plan.schedule = with(plan.schedule, [&](Schedule::Spec& spec) {
      const std::uint64_t draw = random.below(3);
      if (is_in(SimWorld::touching_windows)) {
        start_by(spec, 0);
        spec.start = spec.stop = cron_of(draw == 0   ? "*/20 * * * *"
                                         : draw == 1 ? "0,30 * * * *"
                                                     : "7 * * * *");
      } else if (is_in(SimWorld::config_zone) || is_in(SimWorld::zone_data)) {
        if (draw > 0) spec.start = cron_of(draw == 1 ? "5,35 * * * *" : "0 * * * *"), spec.always = false;
        spec.zone = zone("Asia/Kolkata");
      } else if (is_in(SimWorld::config_jitter) && draw > 0) {
        start_by(spec, draw == 1 ? 0 : 2);
      }
    });
  }
  if (is_in(SimWorld::account_of_one)) keep_one_plan(ProviderName{"notte"});
}

// The account has room for its session, and for no successor beside it.
void Simulation::keep_one_plan(const ProviderName& provider) {
  bool first = true;
  std::erase_if(config_->plans, [&](const auto& entry) {
    if (entry.second.provider != provider) return false;
    return !std::exchange(first, false);
  });
  for (auto& [name, plan] : config_->plans) {
    if (plan.provider != provider) continue;
    plan.count = 1;
    plan.schedule = Schedule();
    plan.keep_alive.rollover = Rollover::make_before_break;
  }
}

// A plan's schedule counts from when it is new.
void Simulation::bring_config(std::shared_ptr<Config> next) {
  for (const auto& [name, plan] : next->plans) {
    const auto old = config_->plans.find(name);
    if (old != config_->plans.end() && old->second.schedule == plan.schedule) continue;
    WorldState::Since since{now_, std::nullopt};
    const auto jitter = [&](Schedule::Spec& spec) { spec.jitter = plan.schedule.spec().jitter; };
    if (old != config_->plans.end() && with(old->second.schedule, jitter) == plan.schedule) {
      since.before = old->second.schedule;
    }
    worlds_.since[name] = since;
  }
  config_ = std::move(next);
  log("reload");
  load_config();
}

// By a reload, or by a restart that reads the new file.
void Simulation::bring(std::shared_ptr<Config> next) {
  bring_config(std::move(next));
  if (worlds_.random.chance(0.3)) restart();
}

void Simulation::change_plan(Plan& plan) {
  Random& random = worlds_.random;
  const std::uint64_t draw = random.below(6);
  if (is_in(SimWorld::config_schedule)) {
    plan.schedule = with(plan.schedule, [&](Schedule::Spec& spec) { start_by(spec, draw); });
  }
  if (is_in(SimWorld::config_zone)) {
    constexpr const char* zones[]{"Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin"};
    plan.schedule = with(plan.schedule, [&](Schedule::Spec& spec) { spec.zone = zone(zones[draw % 4]); });
  }
  if (is_in(SimWorld::config_jitter)) {
    plan.schedule = with(plan.schedule, [&](Schedule::Spec& spec) { spec.jitter = minutes{draw}; });
  }
  if (is_in(SimWorld::config_exclusions)) {
    plan.schedule = with(plan.schedule, [&](Schedule::Spec& spec) {
      if (spec.exclude.empty()) {
        spec.exclude.push_back(today(now().wall));
      } else {
        spec.exclude.clear();
      }
    });
  }
  if (is_in(SimWorld::config_overlap)) {
    constexpr Overlap all[]{Overlap::skip, Overlap::replace, Overlap::buffer_one, Overlap::allow};
    const bool one = !plan.place.empty();
    plan.overlap = all[draw % (one ? 3 : 4)];
  }
  if (is_in(SimWorld::config_count) && plan.place.empty()) plan.count = 1 + static_cast<int>(draw % 3);
}

void Simulation::change_configuration() {
  Random& random = worlds_.random;
  if (is_in(SimWorld::config_invalid) && random.chance(0.05)) spoil_file();
  if (worlds_.file_invalid || config_->plans.empty() || !random.chance(0.1)) return;
  auto next = std::make_shared<Config>(*config_);
  auto at = next->plans.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(next->plans.size())));
  const Plan plan = at->second;
  change_plan(at->second);
  if (is_in(SimWorld::zone_data)) {
    const Zone rules =
        zone(plan.schedule.spec().zone == zone("Asia/Kolkata") ? "Asia/Kathmandu" : "Asia/Kolkata");
    for (auto& [name, each] : next->plans) {
      each.schedule = with(each.schedule, [&](Schedule::Spec& spec) { spec.zone = rules; });
    }
  }
  if (is_in(SimWorld::plan_removed_and_back)) take_out({plan}, std::nullopt, *next);
  if (is_in(SimWorld::provider_removed)) {
    std::vector<Plan> plans;
    for (const auto& [name, each] : next->plans) {
      if (each.provider == plan.provider) plans.push_back(each);
    }
    take_out(plans, plan.provider, *next);
  }
  const auto same = [](const Plan& a, const Plan& b) {
    return a.schedule == b.schedule && a.overlap == b.overlap && a.count == b.count;
  };
  const bool changed = next->providers.size() != config_->providers.size() ||
                       !std::equal(next->plans.begin(), next->plans.end(), config_->plans.begin(),
                                   config_->plans.end(), [&](const auto& a, const auto& b) {
                                     return a.first == b.first && same(a.second, b.second);
                                   });
  if (changed) bring(std::move(next));
}

void Simulation::take_out(const std::vector<Plan>& plans, const std::optional<ProviderName>& provider,
                          Config& next) {
  for (const Plan& plan : plans) {
    next.plans.erase(plan.name);
    worlds_.out.push_back(plan);
  }
  if (provider) {
    worlds_.providers_out.insert(*next.providers.find(*provider));
    next.providers.erase(*provider);
  }
  later(now_ + worlds_.random.between(minutes{1}, minutes{25}), [this] { put_back(); });
}

void Simulation::put_back() {
  if ((worlds_.out.empty() && worlds_.providers_out.empty()) || worlds_.file_invalid) return;
  auto next = std::make_shared<Config>(*config_);
  for (const Plan& plan : worlds_.out) next->plans[plan.name] = plan;
  for (const auto& [name, traits] : worlds_.providers_out) next->providers[name] = traits;
  worlds_.out.clear();
  worlds_.providers_out.clear();
  bring(std::move(next));
}

void Simulation::spoil_file() {
  if (worlds_.file_invalid) return;
  worlds_.file_invalid = true;
  log("the file is invalid");
  later(now_ + worlds_.random.between(minutes{2}, minutes{12}), [this] { mend_file(); });
  if (worlds_.random.chance(0.5)) restart();
}

void Simulation::mend_file() {
  if (!worlds_.file_invalid) return;
  worlds_.file_invalid = false;
  log("the file is valid");
  if (std::exchange(worlds_.down, false)) restart();
}

void Simulation::restore_configuration() {
  mend_file();
  put_back();
}

}  // namespace keeper::sim
