#include "runtime/cluster_watch.h"

#include <algorithm>
#include <utility>

#include "base/thread_name.h"
#include "runtime/log.h"
#include "store/boot.h"

namespace keeper {
namespace {

constexpr Millis exchange_every = Seconds{5};
// How long a node with another configuration leaves the lead to those that have the former leader's, and one
// that gave it back though its clock is off to those whose clock is right.
constexpr Millis others_first = Seconds{60};

Millis watch_every(Millis lease) { return std::max(lease / 20, Millis{100}); }

}  // namespace

ClusterWatch::ClusterWatch(const PgSettings& settings, NodeRow own, Calls calls)
    : settings_(settings),
      own_(std::move(own)),
      calls_(std::move(calls)),
      cluster_(settings, calls_.wall),
      commits_(settings.durability) {
  own_.node = settings.node;
  own_.config_hash = settings.config_hash;
  own_.incarnation = draw_hex();
  turned_at_ = BootClock::now().time_since_epoch().count();
  facts_.with([&](ClusterFacts& facts) {
    facts.node = settings.node;
    facts.incarnation = own_.incarnation;
    facts.durability = settings.durability;
    facts.unreachable = "it has not been asked yet";
  });
  thread_ = std::thread([this] {
    name_thread("cluster");
    work();
  });
}

ClusterWatch::~ClusterWatch() { stop(); }

void ClusterWatch::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ClusterWatch::leave() {
  stop();
  // A row that stays is not live for long.
  static_cast<void>(cluster_.leave(own_.node, own_.incarnation));
}

// The row of the lead is read more often than those of the nodes, so that it says who leads.
ClusterFacts ClusterWatch::facts() {
  ClusterFacts facts = facts_.with([](const ClusterFacts& kept) { return kept; });
  for (NodeRow& node : facts.nodes) {
    if (node.node == facts.leader) {
      // Of several with this name each tells of itself.
      if (!shares_name(node, facts.nodes)) node.state = NodeState::leader;
    } else if (node.state == NodeState::leader) {
      node.state = NodeState::follower;
    }
  }
  return facts;
}

void ClusterWatch::set_config_hash(const std::string& hash) {
  fresh_hash_.with([&](std::optional<std::string>& fresh) { fresh = hash; });
}

std::unique_ptr<PgStore> ClusterWatch::take_store() {
  return store_.with([](std::unique_ptr<PgStore>& store) { return std::move(store); });
}

void ClusterWatch::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    go_round();
    lock.lock();
    stopped_.wait_for(lock, watch_every(settings_.lease), [this] { return stopping_; });
  }
}

void ClusterWatch::go_round() {
  const auto hash =
      fresh_hash_.with([](std::optional<std::string>& fresh) { return std::exchange(fresh, std::nullopt); });
  if (hash) {
    settings_.config_hash = own_.config_hash = *hash;
    exchange_at_ = Mono{};
  }
  const Mono now = BootClock::now();
  if (now >= exchange_at_) exchange(now);
  epoch_ > 0 ? lead() : follow();
  turned_at_ = BootClock::now().time_since_epoch().count();
}

void ClusterWatch::note_unreachable(const Error& error) {
  facts_.with([&](ClusterFacts& facts) { facts.unreachable = error.what; });
  if (!unreachable_.seen({}, BootClock::now())) return;
  Log(Level::warning, "database_unreachable").with("node", own_.node).with("error", error.what);
}

void ClusterWatch::note_answers() {
  facts_.with([](ClusterFacts& facts) { facts.unreachable.clear(); });
  const std::optional<Millis> away = unreachable_.over(BootClock::now());
  if (away) Log(Level::info, "database_answers").with("node", own_.node).with("after", to_text(*away));
}

// Tells of this node and reads the rest.
void ClusterWatch::exchange(Mono now) {
  exchange_at_ = now + exchange_every;
  const Result<PgKnown> known = cluster_.identify_store();
  if (!known) return note_unreachable(known.error());
  known_ = *known;
  const Result<std::string> durable = cluster_.not_durable();
  if (!durable) return note_unreachable(durable.error());
  not_durable_ = *durable;
  own_.state = state();
  Result<ClusterRead> read = cluster_.exchange(own_, epoch_);
  if (!read) return note_unreachable(read.error());
  read_ = *std::move(read);
  if (!led_ && read_->lead.epoch > 0) led_ = known_->instance;
  const ClusterFacts facts = facts_.with([&](ClusterFacts& kept) {
    kept.nodes = read_->nodes;
    kept.database = read_->database;
    kept.as_of = wall_now();
    return kept;
  });
  note_shared_name();
  if (epoch_ == 0) return note_answers();
  const std::vector<LateStart> told = calls_.told();
  const Status taken = told.empty() ? Done{} : cluster_.take_words(epoch_, told);
  if (!taken) return note_unreachable(taken.error());
  const Result<std::vector<LateStart>> words = cluster_.words(epoch_);
  if (!words) return note_unreachable(words.error());
  note_answers();
  calls_.read(facts, *words);
  hand_over_for_clock();
}

void ClusterWatch::note_shared_name() {
  const bool shares = std::any_of(read_->nodes.begin(), read_->nodes.end(), [this](const NodeRow& node) {
    return node.node == own_.node && node.incarnation != own_.incarnation && is_live(node);
  });
  if (std::exchange(shares_name_, shares) || !shares) return;
  Log(Level::error, "node_name_shared")
      .with("node", own_.node)
      .with("reason",
            "another daemon that lives has this name; give each a cluster.node of its own, and "
            "restart it");
}

void ClusterWatch::hand_over_for_clock() {
  const NodeRow* heir = clock_rule_.heir(own_, read_->clock_offset, read_->nodes);
  if (heir == nullptr || is_asked_ || read_->lead.epoch != epoch_) return;
  Log(Level::warning, "lead_handed_over")
      .with("to", heir->node)
      .with("reason", "this machine's clock is " + to_text(std::chrono::abs(*read_->clock_offset)) +
                          " from the database's, and that node's is right; set it by NTP");
  if (const Status asked = cluster_.ask_hand_over(heir->node); !asked) note_unreachable(asked.error());
}

void ClusterWatch::count_commits(const LeadRow& row) {
  const std::int64_t lost = commits_.lost(row.commits);
  if (lost == 0) return;
  facts_.with([&](ClusterFacts& facts) { facts.lost_commits += lost; });
  Log(Level::error, "store_lost_commits").with("commits", static_cast<long long>(lost));
}

NodeState ClusterWatch::state() const {
  if (epoch_ > 0) return NodeState::leader;
  if (known_ && !known_->is_known) return NodeState::too_old;
  if (known_ && !known_->moved.empty()) return NodeState::store_moved;
  if (!not_durable_.empty()) return NodeState::not_durable;
  if (read_ && read_->clock_offset && std::chrono::abs(*read_->clock_offset) > clock_offset_max)
    return NodeState::clock_off;
  const bool differs =
      read_ && !read_->lead.config_hash.empty() && read_->lead.config_hash != own_.config_hash;
  return differs ? NodeState::config_differs : NodeState::follower;
}

ClusterWatch::Wait ClusterWatch::waits_for(const LeadRow& row, Mono now) const {
  if (!read_ || !known_) return {"the database has not told yet which nodes take part", {}};
  if (!known_->is_known) return {"the store's tables are newer than this program", {}};
  if (!known_->moved.empty()) return {"the store " + known_->moved, {}};
  if (led_ && *led_ != known_->instance) {
    return {"the store was replaced by another one while the daemon ran; put it back or restart the daemon",
            {}};
  }
  if (!not_durable_.empty()) return {"the database " + not_durable_, {}};
  if (!read_->clock_offset) return {"the database takes too long to tell the time", {}};
  const Millis off = std::chrono::abs(*read_->clock_offset);
  const Millis waited = now - *over_since_;
  const bool takes_back = row.released && row.node == own_.node && waited >= others_first;
  if (off > clock_offset_max && !takes_back) {
    if (is_database_off(read_->nodes)) {
      return {"the database's clock is " + to_text(off) + " from that of each node; set it by NTP",
              "the database's clock is off"};
    }
    return {"this machine's clock is " + to_text(off) + " from the database's; set it by NTP",
            "this machine's clock is off"};
  }
  for (const NodeRow& other : read_->nodes) {
    if (other.incarnation == own_.incarnation || !is_live(other)) continue;
    const bool is_named = row.released && row.successor == other.node;
    if (is_named && waited < row.lease / 2)
      return {"node " + other.node + " was named as the next leader", {}};
    const bool goes_first = row.config_hash != own_.config_hash && other.config_hash == row.config_hash &&
                            other.state == NodeState::follower;
    if (goes_first && waited < others_first)
      return {"node " + other.node + " has the former leader's configuration and goes first", {}};
  }
  return {};
}

void ClusterWatch::follow() {
  const Result<LeadRow> looked = cluster_.look();
  const std::optional<LeadRow> row = looked ? std::optional(*looked) : std::nullopt;
  const Mono now = BootClock::now();
  const bool is_over = lease_.is_over(row, now);
  if (!row) return note_unreachable(looked.error());
  count_commits(*row);
  if (!is_over) over_since_.reset();
  if (is_over && !over_since_) over_since_ = now;
  const Wait wait = is_over ? waits_for(*row, now) : Wait{};
  facts_.with([&](ClusterFacts& facts) {
    facts.leader = is_over ? "" : row->node;
    facts.epoch = row->epoch;
    facts.database.commits = row->commits;
    facts.last_seq = row->last_seq;
    facts.waits_for = wait.why;
  });
  if (!is_over) {
    waits_.over(now);
  } else if (wait.why.empty()) {
    take(*row);
  } else {
    log_wait(Level::warning, wait, now);
  }
}

void ClusterWatch::log_wait(Level level, const Wait& wait, Mono now) {
  if (!waits_.seen(wait.what.empty() ? wait.why : wait.what, now)) return;
  Log(level, "lead_not_taken").with("node", own_.node).with("reason", wait.why);
}

void ClusterWatch::take(const LeadRow& row) {
  Refusal refusal = Refusal::none;
  StoreBefore before;
  before.instance = led_.value_or(InstanceId{});
  before.has_lost = facts_.with([](const ClusterFacts& facts) { return facts.lost_commits > 0; });
  Result<std::unique_ptr<PgStore>> store = PgStore::take_over(settings_, row, &refusal, before);
  if (!store) {
    const bool was_faster = refusal == Refusal::in_use;
    log_wait(was_faster ? Level::info : Level::warning,
             {store.error().what, was_faster ? "another node was faster" : "it cannot be taken"},
             BootClock::now());
    // Whether the lead is free is found out anew.
    lease_.is_over(std::nullopt, BootClock::now());
    over_since_.reset();
    return;
  }
  epoch_ = (*store)->epoch();
  waits_.over(BootClock::now());
  Log(Level::info, "lead_taken")
      .with("node", own_.node)
      .with("epoch", static_cast<long long>(epoch_))
      .with("from", row.node)
      .with("handed_over", row.released ? "yes" : "no");
  facts_.with([&](ClusterFacts& facts) {
    facts.leads = true;
    facts.leader = own_.node;
    facts.epoch = epoch_;
    facts.leads_since = wall_now();
    facts.takeovers = 1;
    facts.former = row.node;
    facts.handed_over = row.released;
  });
  store_.with([&](std::unique_ptr<PgStore>& kept) { kept = *std::move(store); });
  exchange_at_ = Mono{};
  calls_.taken();
}

void ClusterWatch::lead() {
  const Result<LeadRow> row = cluster_.look();
  if (!row) return note_unreachable(row.error());
  count_commits(*row);
  if (row->epoch != epoch_) {
    facts_.with([&](ClusterFacts& facts) {
      facts.leads = false;
      facts.leader = row->node;
      facts.epoch = row->epoch;
    });
    calls_.deposed();
    return;
  }
  if (row->successor && !std::exchange(is_asked_, true)) calls_.hand_over();
}

}  // namespace keeper
