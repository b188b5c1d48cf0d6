// The processes of the nodes: how one follows, takes the lead, leads and ends.
#include <algorithm>

#include "base/hash.h"
#include "sim/sim_cluster.h"

namespace keeper::sim {
namespace {

constexpr std::size_t inbox_deliveries_max = 1024;
constexpr Millis prune_every = Seconds{40};
constexpr Millis retention = std::chrono::minutes{30};
constexpr Millis ready_within = std::chrono::minutes{1};
constexpr int turns_max = 1000;

}  // namespace

void Cluster::begin_process(Node& node) {
  if (node.process != 0) return;
  node.process = ++processes_;
  node.watch = LeaseWatch{};
  node.look_at = now_;
  node.looked_at = node.unbroken_since = now_;
  node.stands_until = now_;
  log(node.label() + " begins");
}

void Cluster::end_process(Node& node, const std::string& why, Millis back_after) {
  log(node.label() + " ends: " + why);
  for (auto& [waiter, delivery] : node.waiting) send_again(std::move(delivery));
  node.waiting.clear();
  node.rounds.reset();
  node.inbox.reset();
  node.access.reset();
  node.store.reset();
  node.process = 0;
  node.claims = false;
  node.leaving_since.reset();
  node.fenced_calls = 0;
  node.stop_at_next_write = false;
  node.stands_until = Mono{};
  later(now_ + back_after, [this, &node] { begin_process(node); });
}

void Cluster::step(Node& node) {
  if (node.leads()) {
    if (now_ >= node.access->blocked_until()) lead(node);
  } else if (now_ >= node.look_at && !node.claims) {
    follow(node);
  }
}

void Cluster::follow(Node& node) {
  const bool good = node.link.answers() && database_.is_up();
  const auto row = good ? std::optional<LeadRow>(database_.lead()) : std::nullopt;
  const Millis took = node.link.way == Way::slow ? node.link.delay : Millis{1};
  if (!good || now_ + took - node.looked_at > terms_.lease / 2 + Seconds{1})
    node.unbroken_since = now_ + took;
  node.looked_at = now_ + took;
  node.look_at = now_ + took + terms_.lease / 20;
  if (!node.watch.is_over(row, node.clock(now_ + took))) return;
  node.claims = true;
  of_process(node, now_ + took + random_.between(Millis{0}, terms_.lease / 20), [this, &node, row] {
    node.claims = false;
    take(node, *row);
  });
}

void Cluster::take(Node& node, const LeadRow& seen) {
  auto store = std::make_unique<FencedStore>(database_, node.link, terms_, node.process, node.name, node.boot,
                                             [this, &node] { return node.clock(now_); });
  const std::string token = stable_hex128(std::to_string(random_.next()));
  const std::uint64_t before = database_.leader();
  const bool taken = store->claim(seen, token);
  if (database_.leader() != before) check_claim(node, seen);
  if (!taken) {
    end_process(node, "nobody knows whether it leads", Seconds{1});
    return;
  }
  const auto ledger = store->load();
  if (!ledger) return end_process(node, "it cannot load", Seconds{1});
  seen.released ? ++verdict_.handovers : ++verdict_.takeovers;
  log(node.label() + " leads, epoch " + std::to_string(seen.epoch + 1));
  node.access = std::make_unique<LinkAccess>(*store, [this] { return now_; });
  node.store = std::move(store);
  node.inbox = std::make_unique<Inbox>(inbox_deliveries_max);
  node.rounds = std::make_unique<Rounds>(*ledger, node.shows(now_), *node.inbox, *node.access, ports(node));
  node.prune_at = now_ + random_.between(Millis{0}, prune_every);
  load_config(node);
}

RoundPorts Cluster::ports(Node& node) {
  RoundPorts ports;
  ports.dispatch = [this, &node](const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) dispatch(node, effect);
  };
  ports.committed = [this](const TransitionRow& t) {
    log(t.plan.str() + " " + t.session.str().substr(0, 6) + " -> " + std::string(to_string(t.to)) + " " +
        std::string(to_string(t.reason)) + (t.remote_id ? " " + t.remote_id->str() : ""));
    if (t.reason == Reason::found) ++verdict_.adopted;
    if (t.reason == Reason::orphan && !t.from) ++verdict_.orphans;
  };
  ports.rows_refused = [this](const std::string& what) { fail("the store takes every row: " + what); };
  return ports;
}

// A process that another node has deposed ends, and so does one whose rows are not those of the store.
void Cluster::lead(Node& node) {
  keep_up(node);
  work(node);
  if (node.store->is_deposed()) {
    end_process(node, "another node leads", random_.between(Millis{200}, Seconds{3}));
  } else if (!node.rounds->fatal().empty()) {
    end_process(node, node.rounds->fatal(), Seconds{1});
  } else {
    leave_if_asked(node);
  }
}

void Cluster::work(Node& node) {
  for (int turn = 0; turn < turns_max; ++turn) {
    node.rounds->turn(node.shows(now_));
    const bool rests = node.inbox->size() == 0 && node.rounds->next_turn(node.shows(now_)) > node.clock(now_);
    const bool waits = now_ < node.access->blocked_until() || node.rounds->in_outage();
    if (rests || waits || node.store->is_deposed() || !node.rounds->fatal().empty()) return;
  }
  fail("23: the rounds turn and do nothing of what waits");
}

// What is not of a round: old rows are pruned, and the lease is renewed where no commit did.
void Cluster::keep_up(Node& node) {
  if (now_ >= node.prune_at && !node.rounds->in_outage()) {
    node.prune_at = now_ + prune_every;
    const Wall before = node.shows(now_).wall - retention;
    node.rounds->between<Pruned>([before](Store& store) { return store.prune(before, 100); },
                                 node.shows(now_));
  }
  const bool due = node.clock(now_) >= node.store->renewed_at() + terms_.lease / 3;
  if (!due || node.rounds->in_outage() || now_ < node.access->blocked_until()) return;
  node.rounds->between<Done>([](Store& store) { return store.probe(); }, node.shows(now_));
}

void Cluster::leave_if_asked(Node& node) {
  if (!node.leaving_since) return;
  const bool ready = node.rounds->keeper().ready_to_leave() && !node.rounds->in_outage() &&
                     node.inbox->size() == 0 && node.fenced_calls == 0;
  if (!ready && now_ - *node.leaving_since < ready_within) return;
  if (ready) node.store->release();
  end_process(node, ready ? "it gave the lead back" : "it was not ready in time", Seconds{1});
}

}  // namespace keeper::sim
