// What goes wrong with the nodes and their database, and what is asked of the leader meanwhile.
#include <algorithm>

#include "sim/sim_cluster.h"

namespace keeper::sim {
namespace {

constexpr int tries_max = 12;

}  // namespace

// In a run of single faults the next one waits until the last one's consequences are over.
void Cluster::meddle() {
  constexpr Millis over_after = Seconds{25};
  const bool is_stop_due =
      std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.stop_at_next_write; });
  if (single_ && (is_stop_due || now_ < troubled_until_ + over_after)) return;
  ++verdict_.troubles;
  if (random_.chance(0.25)) return strike_database();
  // Most of what matters happens to the one that leads.
  Node* leader = believer();
  Node& node = leader && random_.chance(0.7) ? *leader : nodes_[random_.below(nodes_.size())];
  strike(node);
}

void Cluster::strike(Node& node) {
  const Millis cut_max = single_ ? Millis{Seconds{10}} : Millis{Seconds{40}};
  switch (random_.below(8)) {
    case 0:
      if (node.process != 0) end_process(node, "killed", random_.between(Millis{500}, Seconds{20}));
      troubled_until_ = now_ + Seconds{20};
      return;
    case 1:
      return stop(node, random_.between(Millis{500}, terms_.pause_allowance));
    case 2:
      if (single_ && !node.leads()) return;
      log(node.label() + " is to be stopped at its next write");
      node.stop_at_next_write = true;
      troubled_until_ = now_ + terms_.pause_allowance;
      return;
    case 3: {
      const Millis time = random_.between(Seconds{1}, cut_max);
      log(node.label() + " is cut off from the providers for " + to_text(time));
      node.provider_cut = true;
      troubled_until_ = now_ + time;
      later(now_ + time, [&node] { node.provider_cut = false; });
      return;
    }
    case 4:
      if (node.leads() && !node.leaving_since && now_ >= node.stands_until) {
        log(node.label() + " is asked to leave");
        node.leaving_since = now_;
        // The lead is not given back where a start of the leader before may leave yet: then the lease runs
        // out.
        troubled_until_ = now_ + Seconds{20};
        node.inbox->post(ShutdownAsked{});
      }
      return;
    case 5:
      // An answer that is late, and then none: the lease ends as late as it can.
      node.link.delay = random_.between(Millis{500}, terms_.patience());
      spoil(node, Way::slow, random_.between(Seconds{1}, Seconds{6}));
      later(troubled_until_,
            [this, &node] { spoil(node, Way::cut, random_.between(Seconds{5}, Seconds{30})); });
      return;
    default: {
      constexpr Way ways[]{Way::cut, Way::loses, Way::holds_back};
      return spoil(node, ways[random_.below(3)], random_.between(Millis{500}, Seconds{40}));
    }
  }
}

void Cluster::stop(Node& node, Millis time) {
  // Not longer than it may.
  if (now_ < node.stands_until || node.process == 0) return;
  log(node.label() + " stands still for " + to_text(time));
  node.stands_until = now_ + time;
  troubled_until_ = std::max(troubled_until_, now_ + time);
}

void Cluster::spoil(Node& node, Way way, Millis time) {
  static const char* const words[]{"open", "slow", "cut", "losing answers", "holding back"};
  log(node.label() + "'s way to the database is " + words[static_cast<int>(way)] + " for " + to_text(time));
  node.link.way = way;
  troubled_until_ = std::max(troubled_until_, now_ + time);
  later(now_ + time, [this, &node, way] {
    if (node.link.way == way) mend(node);
  });
}

// What was held back arrives at some time after the way is open again.
void Cluster::mend(Node& node) {
  node.link.way = Way::open;
  for (Transaction& held : std::exchange(node.link.held, {})) {
    later(now_ + random_.between(Millis{0}, Seconds{3}), [this, held = std::move(held)] {
      log("a transaction that was held back arrives");
      database_.submit(held);
    });
  }
}

void Cluster::strike_database() {
  const Millis time = random_.between(Millis{500}, random_.chance(0.3) ? Seconds{150} : Seconds{25});
  if (random_.chance(0.5)) {
    log("the database is away for " + to_text(time));
    database_.set_up(false);
    troubled_until_ = now_ + time;
    later(now_ + time, [this] { database_.set_up(true); });
    return;
  }
  const Millis away = std::min<Millis>(time, Seconds{20});
  const bool promotes = random_.chance(0.6);
  log("the standby is away for " + to_text(away) + (promotes ? ", and is promoted then" : ""));
  database_.set_standby(false);
  const Millis promotion = promotes ? random_.between(Seconds{1}, Seconds{20}) : Millis{0};
  troubled_until_ = now_ + away + promotion;
  later(now_ + away, [this, promotes, promotion] {
    if (healed_) return;
    if (!promotes) return database_.set_standby(true);
    log("the database's machine is gone");
    database_.set_up(false);
    later(now_ + promotion, [this] {
      database_.promote();
      database_.set_up(true);
      log("the standby is promoted, " + std::to_string(database_.lost()) + " transactions are lost so far");
    });
  });
}

// The one that a load balancer finds.
Node* Cluster::believer() {
  for (Node& node : nodes_) {
    if (node.process != 0 && now_ >= node.stands_until && node.believes(now_)) return &node;
  }
  return nullptr;
}

// Somebody else ends a session, or a plan asks for another one, so that starts and stops leave.
void Cluster::churn() {
  if (random_.chance(0.5)) {
    auto at = providers_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(providers_.size())));
    for (SimRemote& remote : at->second.remotes()) {
      if (!remote.alive || random_.chance(0.5)) continue;
      log("third party ends " + remote.id.str());
      at->second.end_by_third_party(remote, State::closed, now_);
      return;
    }
  }
  auto next = std::make_shared<Config>(*config_);
  auto plan = next->plans.begin();
  std::advance(plan, static_cast<std::ptrdiff_t>(random_.below(next->plans.size())));
  plan->second.fingerprint += "b";
  log(plan->first.str() + " asks for another session");
  config_ = std::move(next);
  for (Node& node : nodes_) {
    if (node.leads()) load_config(node);
  }
}

// Where it is refused, its sender tries again.
void Cluster::load_config(Node& node) {
  node.inbox->post(ConfigLoaded{config_, 0}, [this, &node](std::optional<Ack> ack) {
    if (!ack) of_process(node, now_ + Seconds{5}, [this, &node] { load_config(node); });
  });
}

void Cluster::send_delivery() {
  DeliveryRow row;
  row.provider = ProviderName{"videosdk"};
  row.remote_id = RemoteId{"another-" + std::to_string(++made_)};
  row.progress = Progress::starting;
  row.type = "ai-deployment-session-starting";
  row.key = row.type + "|" + row.remote_id.str();
  row.body = "{}";
  row.digest = row.key;
  providers_.at(row.provider).outbox().push_back({std::move(row), now_, 0});
}

void Cluster::carry_deliveries() {
  for (auto& [name, provider] : providers_) {
    for (SimDelivery& one : std::exchange(provider.outbox(), {})) {
      const Mono at = std::max(one.at, now_) + random_.between(Millis{5}, Millis{100});
      later(at, [this, one = std::move(one)] { deliver(one); });
    }
  }
}

void Cluster::deliver(SimDelivery delivery) {
  Node* node = believer();
  if (!node) return send_again(std::move(delivery));
  Delivered event;
  event.row = delivery.row;
  event.row.received_at = node->shows(now_).wall;
  const Waiter waiter = ++waiters_;
  node->waiting[waiter] = std::move(delivery);
  const bool taken = node->inbox->offer(
      std::move(event), [this, node, waiter](std::optional<Ack> ack) { acknowledge(*node, waiter, ack); });
  if (!taken) acknowledge(*node, waiter, std::nullopt);
}

void Cluster::acknowledge(Node& node, Waiter waiter, std::optional<Ack> ack) {
  const auto waits = node.waiting.find(waiter);
  if (waits == node.waiting.end()) return;
  SimDelivery delivery = std::move(waits->second);
  node.waiting.erase(waits);
  if (!ack) return send_again(std::move(delivery));
  acknowledged_.insert({delivery.row.provider.str(), delivery.row.key});
  ++verdict_.deliveries;
}

void Cluster::send_again(SimDelivery delivery) {
  delivery.at = now_ + random_.between(Seconds{2}, Seconds{20});
  if (++delivery.tries < tries_max)
    providers_.at(delivery.row.provider).outbox().push_back(std::move(delivery));
}

}  // namespace keeper::sim
