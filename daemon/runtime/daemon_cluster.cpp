// The daemon among the nodes of a database: it follows while another one leads, and ends when it leads no
// more.
#include <algorithm>
#include <utility>

#include "core/storable.h"
#include "runtime/daemon.h"
#include "runtime/log.h"
#include "runtime/sd_notify.h"
#include "store/pg_history.h"

namespace keeper {
namespace {

constexpr Millis look_around_every{100};
// Of all words of late starts together, in a process that ends.
constexpr Millis leave_words_limit = Seconds{5};
// Longer than any call to the database may take.
constexpr Millis watch_hangs_after = Seconds{60};

}  // namespace

// It is asked only for what a loop dispatches, and so after follow().
std::unique_ptr<Leadership> Daemon::make_leadership(Millis lease) {
  Leadership::Ports ports;
  ports.lead_until = [this] { return database_->lead_until(); };
  ports.ask = [this] { return lead_check_->ask(); };
  ports.patience = 2 * transaction_patience(lease);
  return std::make_unique<Leadership>(std::move(ports));
}

void Daemon::watch(const Settings& settings) {
  location_ = pg_location(*settings.database);
  NodeRow own;
  own.version = KEEPER_VERSION;
  own.address = to_string(settings.status.listen);
  ClusterWatch::Calls calls;
  calls.taken = [this] { signals_.wake(); };
  calls.hand_over = [this] {
    asked_to_hand_over_ = true;
    signals_.wake();
  };
  calls.deposed = [this] {
    deposed_ = true;
    inbox_.wake();
  };
  calls.read = [this](const ClusterFacts& facts, const std::vector<LateStart>& late) { tell(facts, late); };
  calls.told = [this] { return late_words_.told(); };
  watch_ = std::make_unique<ClusterWatch>(*settings.database, std::move(own), std::move(calls));
}

bool Daemon::follow() {
  notify_ready();
  const std::optional<Millis> limit = watchdog_limit();
  Mono fed{};
  std::string told;
  while (true) {
    const Mono now = BootClock::now();
    const std::optional<Signal> signal = signals_.wait(now + look_around_every);
    if (signal == Signal::terminate) break;
    if (signal == Signal::reload) reloads_.ask();
    if (std::unique_ptr<PgStore> store = watch_->take_store()) {
      database_ = store.get();
      doubted_since_ = store->doubted_since();
      lead_check_ = std::make_unique<PgLeadCheck>(*loaded().settings->database, store->fence());
      store_ = std::move(store);
      return true;
    }
    const std::string line = "follows; " + told_leader(watch_->facts());
    if (line != told) notify_status(line);
    told = line;
    const bool is_fed = !limit || now < fed + *limit / 4 || now - watch_->turned_at() > watch_hangs_after;
    if (is_fed) continue;
    notify_watchdog();
    fed = now;
  }
  ending_ = true;
  reloads_.stop();
  notify_stopping(Seconds{5});
  watch_->leave();
  return false;
}

// On the watch's thread. Before the configuration is in effect nobody is known who could be told.
void Daemon::tell(const ClusterFacts& facts, const std::vector<LateStart>& late) {
  if (turning_ == nullptr) return;
  if (!std::exchange(told_of_lead_, true) && !facts.former.empty() && facts.former != facts.node) {
    inbox_.post(Noticed{Topic::leader_changed, Phase::happened, facts.node,
                        "node " + facts.node + " leads now; before it node " + facts.former +
                            (facts.handed_over ? ", which handed over" : ", which was not heard of")});
  }
  const bool is_bare = facts.durability == Durability::replicated && facts.database.synchronous_standbys == 0;
  if (std::exchange(told_bare_, is_bare) != is_bare) {
    inbox_.post(Noticed{Topic::no_standby, is_bare ? Phase::firing : Phase::resolved, "store",
                        is_bare ? "the database has no synchronous standby that is connected"
                                : "the database has a synchronous standby, or needs none"});
  }
  // That it may have is no proof that it has.
  if (!doubted_since_.empty()) {
    Log(Level::warning, "starts_looked_up")
        .with("timeline", std::exchange(doubted_since_, {}))
        .with("reason",
              "the database has failed over from that timeline while no leader watched it; sessions are "
              "looked up at their providers before they are started");
  }
  // The watch may look between two commits, and the writer does not see what was lost before its time.
  const std::int64_t all_lost = std::max(facts.lost_commits, lost_commits_.load());
  const std::int64_t lost = all_lost - std::exchange(told_lost_commits_, all_lost);
  if (lost > 0) {
    inbox_.post(Noticed{Topic::store_lost_commits, Phase::happened, "store",
                        "the database has lost at least " + std::to_string(lost) + " acknowledged commits"});
  }
  for (const LateStart& one : late_words_.untold(late)) {
    Noticed noticed{Topic::late_start, Phase::happened, one.session,
                    "node " + one.node + " had begun a start at provider " + one.provider +
                        " that was answered after another node led: remote " + one.remote};
    inbox_.post(std::move(noticed),
                [this, one](std::optional<Ack> ack) { late_words_.settle(one, ack.has_value()); });
  }
}

// On a worker's thread. Whether it was late is known once another node leads.
void Daemon::note_if_late(const Answer& answer) {
  const bool has_started =
      answer.kind == EffectKind::start && answer.remotes.ok() && !answer.remotes->empty();
  if (database_ == nullptr || !has_started || BootClock::now() < database_->lead_until()) return;
  LateStart word{watch_->facts().node, answer.provider.str(), answer.session.str(),
                 answer.remotes->front().id.str()};
  make_storable(word.remote);
  late_.with([&](std::vector<LateStart>& late) { late.push_back(std::move(word)); });
}

void Daemon::leave_words() {
  const std::vector<LateStart> late = late_.with([](const std::vector<LateStart>& kept) { return kept; });
  if (late.empty()) return;
  const Status left = PgCluster(*loaded().settings->database).leave_words(late, leave_words_limit);
  for (const LateStart& one : late) {
    Log line(Level::error, left.ok() ? "late_start" : "late_start_not_told");
    line.with("session", one.session).with("provider", one.provider).with("remote", one.remote);
    if (!left) line.with("error", left.error().what);
  }
}

LoopPorts Daemon::lead_ports(LoopPorts ports) {
  if (database_ == nullptr) return ports;
  ports.renew_at = [this] { return database_->renew_at(); };
  ports.must_end = [this]() -> std::string {
    if (database_->is_deposed()) deposed_ = true;
    lost_commits_ = database_->lost_commits();
    return deposed_ ? "another node leads; the process ends, and follows when it is started again" : "";
  };
  return ports;
}

void Daemon::follow_reload(std::shared_ptr<const Settings> fresh) {
  verifiers_.install(*fresh);
  loaded_.with([&](Loaded& loaded) {
    loaded.settings = std::move(fresh);
    loaded.loaded_at = wall_now();
  });
}

Published Daemon::published() {
  if (Loop* loop = turning_) return loop->published();
  Published published;
  if (!watch_) return published;
  const ClusterFacts facts = watch_->facts();
  published.storage_error = facts.unreachable;
  published.last_seq = facts.last_seq;
  return published;
}

Millis Daemon::loop_age() const {
  const Loop* loop = turning_;
  if (loop != nullptr) return BootClock::now() - loop->turned_at();
  // The thread that waits for the lead stands for it.
  const Millis age = watch_ ? BootClock::now() - watch_->turned_at() : Millis{0};
  return age > watch_hangs_after ? age : Millis{0};
}

Result<std::unique_ptr<History>> Daemon::open_history() {
  const auto settings = loaded().settings;
  if (settings->database) return PgHistory::at(*settings->database);
  return History::open(location_);
}

std::optional<ClusterFacts> Daemon::cluster() {
  if (!watch_) return std::nullopt;
  ClusterFacts facts = watch_->facts();
  if (facts.leads && turning_ != nullptr) facts.lease_left = database_->lead_until() - BootClock::now();
  return facts;
}

Status Daemon::ask_hand_over(const std::string& node) {
  return PgCluster(*loaded().settings->database).ask_hand_over(node);
}

std::string Daemon::not_leading() {
  if (turning_ != nullptr) return {};
  return watch_ ? told_leader(watch_->facts()) + "; ask it there" : "the daemon is not ready yet";
}

// The row of a process that was killed looks like that of one that lives, until it is too old to count; so,
// where it matters, its next renewal is waited for, and this node leads meanwhile. That there is none is said
// only of rows that were read.
Daemon::Heir Daemon::find_heir() {
  if (!watch_) return {};
  const ClusterFacts facts = watch_->facts();
  const auto last_heard = [&](const std::vector<NodeRow>& nodes) {
    std::optional<NodeRow> last;
    for (const NodeRow& node : nodes) {
      if (is_heir(node, facts) && (!last || node.seen_ago < last->seen_ago)) last = node;
    }
    return last;
  };
  PgCluster cluster(*loaded().settings->database);
  const bool matters = stops_sessions();
  const Mono asked_first = BootClock::now();
  while (true) {
    const Mono asked = BootClock::now();
    const Result<std::vector<NodeRow>> nodes = cluster.nodes();
    Heir heir{last_heard(nodes.ok() ? *nodes : facts.nodes), false};
    if (!nodes && heir.node && facts.as_of)
      heir.node->seen_ago += std::max(wall_now() - *facts.as_of, Millis{0});
    if (!nodes || !heir.node) return heir;
    const Millis waited = asked - asked_first;
    heir.is_sure = deposed_ || heir.node->seen_ago <= waited;
    if (!matters || heir.is_sure || waited > heir_limit) return heir;
    const std::optional<Signal> signal = signals_.wait(asked + look_around_every);
    hurried_ = signal == Signal::terminate;
    const bool is_interrupted = !signal && BootClock::now() < asked + look_around_every;
    if (hurried_ || is_interrupted) return heir;
  }
}

}  // namespace keeper
