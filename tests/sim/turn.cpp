// The ports of the rounds in virtual time: the commit, the effects and the answers; and the crashes in
// between.
#include <algorithm>

#include "base/check.h"
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

constexpr std::size_t deliveries_max = 8192;

// After so long the client gives a call up.
constexpr Millis unanswered_after = Seconds{30};

// The process is killed here.
struct Killed {};

}  // namespace

void Simulation::restart() {
  ++verdict_.crashes;
  for (auto& [name, outage] : outages_) ++outage.restarts;
  log("start of the process");
  process_began_ = now();
  for (auto& [waiter, delivery] : waiting_) send_again(std::move(delivery));
  waiting_.clear();
  leaving_since_.reset();
  worlds_.calls.clear();
  worlds_.calling = false;
  health_.clear();
  rounds_.reset();
  if (disk_) {
    disk_->start_anew(random_);
  } else {
    access_ = std::make_unique<DirectStore>(*store_);
  }
  if (in_doubt_ && is_on_disk(*in_doubt_)) record(*in_doubt_);
  in_doubt_.reset();
  ++epoch_;
  inbox_ = std::make_unique<Inbox>(deliveries_max);
  StoreAccess& access = disk_ ? static_cast<StoreAccess&>(*disk_) : *access_;
  rounds_ = std::make_unique<Rounds>(store().load().value(), now(), *inbox_, access, ports());
  worlds_.down = worlds_.file_invalid;
  if (!worlds_.down) load_config();
}

RoundPorts Simulation::ports() {
  RoundPorts ports;
  ports.commit = [this](Store& store, const Batch& batch) { return commit(store, batch); };
  ports.on_disk = [this](const Batch& batch, const Config&) {
    in_doubt_.reset();
    record(batch);
  };
  ports.dispatch = [this](const std::vector<Effect>& effects) { dispatch_all(effects); };
  ports.post = [this](const std::vector<Post>& posts) {
    for (const Post& one : posts) post(one);
  };
  ports.noticed = [this](const Notice& notice) { check_notice(notice); };
  ports.rows_refused = [this](const std::string& what) { fail("the store takes every row: " + what); };
  ports.store_error = [this](const std::string& what) {
    if (what.empty()) in_doubt_.reset();
    if (!what.empty() && !disk_) fail("the store takes every batch: " + what);
    if (what.empty() != store_works_)
      log(what.empty() ? "the store works again" : "the store cannot be used");
    store_works_ = what.empty();
  };
  return ports;
}

// The store has other rows than the keeper held, and the process begins anew with them. What it has lost for
// good is not judged: deliveries, and ends that it no longer knows of.
void Simulation::go_on_from_loaded() {
  if (!disk_ || !disk_->forgot()) {
    fail("21: after an outage: " + rounds_->fatal());
    return;
  }
  log("the store has lost rows: " + rounds_->fatal());
  restart();
  const Ledger ledger = store().load().value();
  for (const auto& [id, row] : rows_) {
    if (is_terminal(row.state) && !store().look_up({.sessions = {id}}).value().sessions.at(0))
      forgotten_.insert(id);
  }
  for (const SessionRow& row : ledger.unresolved) rows_[row.id] = row;
  std::erase_if(acknowledged_, [&](const auto& one) { return !is_recorded(one.first, one.second); });
}

bool Simulation::is_recorded(const std::string& provider, const std::string& key) {
  return store().look_up({.deliveries = {{ProviderName{provider}, key, {}}}}).value().seen.at(0).delivery;
}

void Simulation::turn() {
  try {
    rounds_->turn(now());
    if (!rounds_->fatal().empty()) go_on_from_loaded();
  } catch (const Killed&) {
    restart();
  }
  if (verdict_.broken.empty() && !worlds_.down) check_all();
}

Result<std::int64_t> Simulation::commit(Store& store, const Batch& batch) {
  in_doubt_ = batch;
  // Without rounds the process is gone already, and its last write is ending.
  const bool crashes = rounds_ && random_.chance(crash_rate_);
  if (crashes && random_.chance(0.5)) {
    log("crash before the commit");
    throw Killed{};
  }
  Result<std::int64_t> seq = disk_ ? disk_->commit(store, batch) : store.commit(batch);
  if (!crashes) return seq;
  log("crash after the commit");
  throw Killed{};
}

void Simulation::record(const Batch& batch) {
  for (const SessionRow& row : batch.sessions) {
    check_row(row);
    rows_[row.id] = row;
  }
  for (const TransitionRow& transition : batch.transitions) note(transition);
  for (const PlanRow& row : batch.plans) {
    if (row.buffered) worlds_.buffered.insert({row.name, *row.buffered});
    if (row.window) worlds_.windows.insert({row.name, row.window->time});
  }
  for (const MissedRow& row : batch.missed) {
    check_moment(row.plan, row.occurrence, "is missed");
    check_missed(row);
    missed_.insert({row.plan, row.occurrence});
    log(row.plan.str() + " passes over " + to_rfc3339(row.occurrence) + ": " +
        std::string(to_string(row.why)));
  }
}

// A transaction is there as a whole or not at all, so that one row of it tells.
bool Simulation::is_on_disk(const Batch& batch) {
  if (!batch.sessions.empty()) {
    const SessionRow& row = batch.sessions.back();
    return store().look_up({.sessions = {row.id}}).value().sessions.at(0) == row;
  }
  if (batch.plans.empty()) return false;
  const std::vector<PlanRow> plans = store().load().value().plans;
  return std::find(plans.begin(), plans.end(), batch.plans.back()) != plans.end();
}

void Simulation::dispatch_all(const std::vector<Effect>& effects) {
  const bool crashes = random_.chance(crash_rate_);
  for (const Effect& effect : effects) {
    if (crashes && random_.chance(0.5)) {
      log("crash in dispatch");
      throw Killed{};
    }
    dispatch(effect);
  }
}

void Simulation::note(const TransitionRow& t) {
  log(t.plan.str() + " " + t.session.str().substr(0, 6) + " -> " + std::string(to_string(t.to)) + " " +
      std::string(to_string(t.reason)) + (t.remote_id ? " " + t.remote_id->str() : ""));
  check_begin(t);
  check_maximum(t);
  if (t.reason == Reason::rollover) ++verdict_.rollovers;
  if (t.reason == Reason::found) ++verdict_.adopted;
  if (t.reason == Reason::orphan && !t.from) ++verdict_.orphans;
  if (t.from && is_terminal(*t.from)) fail("8: a terminal state never changes");
  check_transition(t);
  const auto plan = config_->plans.find(t.plan);
  if (healed_at_ == mono_never || now_ < healed_at_ + std::chrono::minutes{10} ||
      plan == config_->plans.end())
    return;
  const bool kept = plan->second.keep_alive.heartbeat;
  if (t.reason == Reason::idle_timeout && kept) fail("6: a heartbeat was missed: " + t.session.str());
  const bool rolls = plan->second.keep_alive.rollover != Rollover::off &&
                     (plan->second.schedule.spec().always || windows_touch(plan->second));
  // Where calls are few, starts that wait behind heartbeats come too late.
  const bool starts = config_->budgets.empty() && !is_crowded(providers_.at(t.provider));
  if (t.reason == Reason::max_duration && rolls && starts)
    fail("6: a maximum passed without a successor: " + t.session.str());
}

// Nobody took it, so the provider sends it again.
void Simulation::send_again(SimDelivery delivery) {
  delivery.at = now_ + random_.between(Seconds{5}, Seconds{60});
  if (++delivery.tries < 5) providers_.at(delivery.row.provider).outbox().push_back(std::move(delivery));
}

void Simulation::acknowledge(Waiter waiter, std::optional<Ack> ack) {
  const auto waits = waiting_.find(waiter);
  if (waits == waiting_.end()) return;
  if (!ack) {
    send_again(std::move(waits->second));
    waiting_.erase(waits);
    return;
  }
  acknowledged_.insert({waits->second.row.provider.str(), waits->second.row.key});
  ++verdict_.deliveries;
  waiting_.erase(waits);
}

void Simulation::dispatch(const Effect& effect) {
  check_left(effect);
  if (!verdict_.broken.empty()) return;
  if (effect.kind == EffectKind::start) {
    ++verdict_.starts;
    check_start_rate(effect);
    check_budgets(effect);
  }
  if (effect.kind == EffectKind::stop) check_handover(effect);
  SimProvider& provider = providers_.at(effect.provider);
  const Mono sent = now_ + random_.between(Millis{1}, Millis{50});
  if (is_crowded(provider)) {
    queue_call(effect);
    return;
  }
  // A call that left reaches the provider also when the process dies meanwhile; its answer then reaches
  // nobody.
  later(sent, [this, &provider, effect, epoch = epoch_] { call(provider, effect, epoch); });
}

// The machine has no route, or the provider is out.
std::optional<Error> Simulation::unreachable(const SimProvider& provider, const Effect& effect) {
  if (routeless_since_) return Error{ErrorKind::cut_off, "no route"};
  const auto outage = outages_.find(provider.name());
  if (outage == outages_.end() || now_ >= outage->second.end) return std::nullopt;
  if (effect.kind == EffectKind::start) ++outage->second.starts;
  return Error{ErrorKind::not_applied, "connection refused"};
}

void Simulation::call(SimProvider& provider, const Effect& effect, int epoch) {
  const Mono sent = now_;
  log("  " + std::string(to_string(effect.kind)) + " " + effect.session.str().substr(0, 6) + " " +
      effect.remote.str());
  // By value: the answer outlives this call.
  const auto say = [this, effect, sent, epoch](Mono at, Result<std::vector<Remote>> remotes,
                                               std::optional<Wall> date, bool whole = true) {
    later(at, [this, effect, sent, date, remotes = std::move(remotes), whole, epoch] {
      if (epoch == epoch_) answer(effect, sent, date, remotes, whole);
    });
  };
  if (const auto refused = unreachable(provider, effect)) {
    say(now_ + Millis{5}, *refused, std::nullopt);
    return;
  }
  const Millis latency = (random_.chance(faults_.slow) ? random_.between(Millis{20}, Seconds{20})
                                                       : random_.between(Millis{20}, Millis{800})) +
                         held_up(provider, effect);
  if (random_.chance(faults_.refuse)) {
    say(now_ + Millis{5}, Error{ErrorKind::not_applied, "connection refused"}, std::nullopt);
  } else if (random_.chance(faults_.exhaust)) {
    say(now_ + latency, Error{ErrorKind::exhausted, "429", random_.between(Seconds{1}, Seconds{120})},
        std::nullopt);
  } else if (random_.chance(faults_.lose_before)) {
    const Mono told = random_.chance(0.5) ? now_ + Millis{30} : now_ + unanswered_after;
    say(told, Error{ErrorKind::maybe_applied, "no answer"}, std::nullopt);
    const bool may_be_late =
        effect.kind == EffectKind::start && provider.type() != ProviderType{"sonoran_cms"};
    if (may_be_late && random_.chance(faults_.late)) {
      later(now_ + random_.between(Seconds{1}, Seconds{200}), [this, &provider, effect] {
        log("late start of " + effect.session.str().substr(0, 6));
        provider.start_late(effect, now_, random_);
      });
    }
  } else if (random_.chance(faults_.lose_after)) {
    const Mono told = random_.chance(0.5) ? now_ + Millis{30} : now_ + unanswered_after;
    later(now_ + latency, [this, &provider, effect] {
      const auto lost = carry(provider, effect);
      log("lost answer of " + std::string(to_string(effect.kind)) + (lost.ok() ? "" : " (refused)"));
    });
    say(told, Error{ErrorKind::maybe_applied, "no answer"}, std::nullopt);
  } else {
    later(now_ + latency, [this, &provider, effect, say] {
      auto remotes = carry(provider, effect);
      say(now_ + Millis{5}, std::move(remotes), date_of(provider), !worlds_.cut);
    });
  }
}

void Simulation::answer(const Effect& effect, Mono sent, std::optional<Wall> provider_now,
                        const Result<std::vector<Remote>>& remotes, bool whole) {
  Answer told;
  told.kind = effect.kind;
  told.ticket = effect.ticket;
  told.session = effect.session;
  told.provider = effect.provider;
  told.sent_at = sent;
  told.provider_now = provider_now;
  told.remotes = remotes;
  told.whole = whole;
  note_answer(effect, remotes);
  log("  answer " + std::string(to_string(effect.kind)) + " " + effect.session.str().substr(0, 6) + " " +
      (remotes.ok() ? "ok " + std::to_string(remotes->size())
                    : std::string(to_string(remotes.error().kind))));
  if (effect.kind == EffectKind::keep_alive && remotes.ok()) worlds_.beaten.insert(effect.session);
  note_unknown(effect, remotes);
  inbox_->post(std::move(told));
  if (is_crowded(providers_.at(effect.provider))) end_call();
}

void Simulation::carry_deliveries() {
  for (auto& [name, provider] : providers_) {
    std::vector<SimDelivery> out = std::move(provider.outbox());
    provider.outbox().clear();
    for (SimDelivery& delivery : out) {
      if (delivery.tries == 0 && random_.chance(faults_.drop)) continue;
      Mono at = std::max(delivery.at, now_) + random_.between(Millis{5}, Millis{100});
      if (random_.chance(faults_.delay)) at += random_.between(Seconds{0}, Seconds{90});
      if (random_.chance(faults_.repeat)) {
        later(at + random_.between(Millis{0}, Seconds{30}), [this, delivery] { deliver(delivery); });
      }
      later(at, [this, delivery] { deliver(delivery); });
    }
  }
}

void Simulation::deliver(SimDelivery delivery) {
  // Nobody listens, or nobody knows the provider: it sends the delivery again.
  if (worlds_.down || !config_->providers.contains(delivery.row.provider)) {
    if (++delivery.tries < 5)
      later(now_ + random_.between(Seconds{5}, Seconds{60}), [this, delivery] { deliver(delivery); });
    return;
  }
  Delivered event;
  event.row = delivery.row;
  event.row.received_at = now().wall;
  const Waiter waiter = ++waiters_;
  waiting_[waiter] = std::move(delivery);
  const bool taken =
      inbox_->offer(std::move(event), [this, waiter](std::optional<Ack> ack) { acknowledge(waiter, ack); });
  if (!taken) acknowledge(waiter, std::nullopt);
}

}  // namespace keeper::sim
