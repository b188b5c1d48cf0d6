#include "sim/sim_cluster.h"

#include <algorithm>
#include <cstdio>

#include "base/hash.h"
#include "core/known_plan.h"
#include "core/known_traits.h"

namespace keeper::sim {
namespace {

using std::chrono::minutes;

constexpr Millis troubled = minutes{8};
constexpr Millis calm = minutes{4};
constexpr Millis idle = minutes{1};
constexpr int steps_at_once_max = 10000;

}  // namespace

Mono Node::clock(Mono now) const {
  const Millis::rep since = (now - Mono{std::chrono::hours{490'000}}).count();
  return now + ahead + Millis{since * fast_ppm / 1'000'000};
}

Mono Node::when(Mono shown) const {
  if (shown == mono_never) return mono_never;
  const Millis::rep since = (shown - ahead - Mono{std::chrono::hours{490'000}}).count();
  Mono at = shown - ahead - Millis{since * fast_ppm / 1'000'000} - Millis{2};
  while (clock(at) < shown) at += Millis{1};
  return at;
}

Cluster::Cluster(const Options& options)
    : options_(options),
      random_(options.seed),
      begin_(now_),
      database_(InstanceId{"simulated"}, [this](const std::string& what) { fail(what); }) {
  single_ = random_.chance(0.5);
  draw_nodes();
  draw_plans();
}

// They are machines of their own, or processes of one; a name is given twice by mistake.
void Cluster::draw_nodes() {
  const bool one_machine = random_.chance(0.25);
  const bool one_name = random_.chance(0.25);
  nodes_.resize(2 + random_.below(2));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    node.name = one_name ? "node" : "node-" + std::to_string(i);
    node.boot = one_machine ? "boot" : "boot-" + std::to_string(i);
    if (one_machine) continue;
    constexpr Millis::rep most = 5'000;  // either way, so that two differ by 1 % at the most
    node.fast_ppm = static_cast<Millis::rep>(random_.below(2 * most + 1)) - most;
    node.ahead = random_.between(Millis{0}, std::chrono::hours{1'000});
    node.wall_ahead = random_.between(-Seconds{1}, Seconds{1});
  }
}

void Cluster::draw_plans() {
  config_ = std::make_shared<Config>(test::known_config());
  int number = 0;
  for (const ProviderType& type :
       {ProviderType{"notte"}, ProviderType{"videosdk"}, ProviderType{"sonoran_cms"}}) {
    const ProviderName name{type.str()};
    config_->providers[name] = test::known_traits(type, Seconds{10});
    providers_.emplace(name, SimProvider{name, type, Millis{0}}).first->second.set_limits(idle, std::nullopt);
    const int plans = type == ProviderType{"notte"} ? 1 + static_cast<int>(random_.below(2)) : 1;
    for (int i = 0; i < plans; ++i) {
      Plan plan = test::known_plan();
      plan.name = PlanName{"plan-" + std::to_string(number++)};
      plan.provider = name;
      Schedule::Spec spec;
      spec.plan = plan.name;
      spec.always = true;
      plan.schedule = Schedule::make(std::move(spec)).value();
      plan.parameters = "{}";
      plan.fingerprint = plan.name.str();
      const bool placed = type == ProviderType{"sonoran_cms"};
      if (placed) plan.place = "server/1";
      plan.count = placed ? 1 : 1 + static_cast<int>(random_.below(2));
      if (type == ProviderType{"notte"}) plan.idle_timeout = idle;
      plan.keep_alive.heartbeat = true;
      plan.keep_alive.rollover = placed ? Rollover::break_before_make : Rollover::make_before_break;
      plan.keep_alive.restart = Restart::by_schedule;
      plan.keep_alive.max_backoff = Seconds{20};
      config_->plans[plan.name] = plan;
    }
  }
}

void Cluster::log(const std::string& line) {
  verdict_.log_hash = stable_hash(line, verdict_.log_hash);
  if (options_.log)
    std::printf("%s %s\n", to_rfc3339(Wall{now_.time_since_epoch()}).substr(11, 12).c_str(), line.c_str());
}

void Cluster::fail(const std::string& what) {
  if (!verdict_.broken.empty()) return;
  verdict_.broken = what + " at " + to_rfc3339(Wall{now_.time_since_epoch()}) + ", sim --cluster --seed " +
                    std::to_string(options_.seed);
  log("BROKEN " + what);
}

void Cluster::later(Mono at, std::function<void()> act) { queue_.emplace(at, std::move(act)); }

void Cluster::of_process(Node& node, Mono at, std::function<void()> act) {
  later(at, [this, &node, process = node.process, act = std::move(act)] {
    if (node.process != process || process == 0) return;
    if (now_ < node.stands_until) {
      of_process(node, node.stands_until, act);
    } else {
      act();
    }
  });
}

Mono Cluster::next_of(const Node& node) const {
  if (node.process == 0) return mono_never;
  Mono next = node.look_at;
  if (node.leads()) {
    next = node.inbox->size() > 0 ? now_ : node.when(node.rounds->next_turn(node.shows(now_)));
    if (!node.access->idle()) next = std::min(next, node.access->busy_until());
    if (!node.rounds->in_outage()) {
      next = std::min(next, node.when(node.store->renewed_at() + terms_.lease / 3));
      next = std::min(next, node.prune_at);
    }
    next = std::max(next, node.access->blocked_until());
  }
  return std::max({next, now_, node.stands_until});
}

void Cluster::run_until(Mono end) {
  int at_once = 0;
  while (now_ < end && verdict_.broken.empty()) {
    Mono next = queue_.empty() ? end : queue_.begin()->first;
    for (const Node& node : nodes_) next = std::min(next, next_of(node));
    next = std::min(std::max(next, now_), end);
    at_once = next == now_ ? at_once + 1 : 0;
    if (at_once > steps_at_once_max) fail("23: the rounds turn and do nothing of what waits");
    now_ = next;
    for (auto& [name, provider] : providers_) provider.expire(now_);
    while (!queue_.empty() && queue_.begin()->first <= now_) queue_.extract(queue_.begin()).mapped()();
    carry_deliveries();
    for (Node& node : nodes_) {
      if (node.process != 0 && now_ >= node.stands_until) step(node);
    }
  }
}

void Cluster::live() {
  for (Node& node : nodes_)
    later(now_ + random_.between(Millis{0}, Seconds{5}), [this, &node] { begin_process(node); });
  for (Mono at = now_ + Seconds{20}; at < now_ + troubled; at += random_.between(Seconds{5}, Seconds{25}))
    later(at, [this] { meddle(); });
  for (Mono at = now_ + Seconds{15}; at < now_ + troubled; at += random_.between(Seconds{4}, Seconds{30}))
    later(at, [this] { churn(); });
  for (Mono at = now_; at < now_ + troubled; at += random_.between(Seconds{1}, Seconds{10}))
    later(at, [this] { send_delivery(); });
  run_until(begin_ + troubled);
  healed_ = true;
  log("healed");
  database_.set_up(true);
  database_.set_standby(true);
  for (Node& node : nodes_) {
    mend(node);
    node.provider_cut = node.stop_at_next_write = false;
  }
  run_until(begin_ + troubled + calm);
  if (!verdict_.broken.empty()) return;
  check_ends();
  check_wanted();
  check_recorded();
}

Verdict Cluster::run() {
  plant(options_.mutant);
  try {
    live();
  } catch (const CheckFailed& failed) {
    fail("checked by the program: " + failed.what);
  }
  verdict_.lasted = now_ - begin_;
  for (const auto& [name, provider] : providers_) {
    for (const SimRemote& remote : provider.remotes())
      verdict_.session_time += (remote.alive ? now_ : remote.ended) - remote.created;
  }
  return verdict_;
}

}  // namespace keeper::sim
