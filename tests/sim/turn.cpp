// One turn of the loop in virtual time: decide, commit, acknowledge, dispatch; and the crashes in between.
#include <algorithm>

#include "core/draft.h"
#include "sim/simulation.h"

namespace keeper::sim {
namespace {

constexpr Millis request_timeout = Seconds{30};

}  // namespace

void Simulation::restart() {
  ++epoch_;
  ++verdict_.crashes;
  for (auto& [name, outage] : outages_) ++outage.restarts;
  log("start of the process");
  inbox_.clear();
  for (auto& [waiter, delivery] : waiting_) {
    // Nobody answered it, so the provider sends it again.
    delivery.at = now_ + random_.between(Seconds{5}, Seconds{60});
    if (++delivery.tries < 5) providers_.at(delivery.row.provider).outbox().push_back(delivery);
  }
  waiting_.clear();
  keeper_ = std::make_unique<Keeper>(load(), now());
  leaving_since_.reset();
  inbox_.emplace_back(ConfigLoaded{tampered(options_.mutant, config_), 0});
}

// What the loop adds to an answer: the deliveries that wait for its remotes; to a list, the rows that had them.
void Simulation::look_up(Answer& answer, const std::vector<Decision>& decisions) {
  for (const Remote& remote : *answer.remotes) {
    for (const std::int64_t id : keeper_->world().held.of({answer.provider, remote.id})) {
      const DeliveryRow* row = recorded_by(decisions, id);
      answer.held.push_back(row ? *row : store_->delivery(id).value().value());
    }
  }
  if (!shows_remotes(answer)) return;
  answer.known.assign(answer.remotes->size(), std::nullopt);
  for (std::size_t i = 0; i < answer.known.size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    if (keeper_->world().by_remote.contains({answer.provider, remote.id})) continue;
    const auto past = store_->session_of(answer.provider, remote.id).value();
    const auto& id = past ? past : remote.tag;
    if (id) answer.known[i] = store_->session(*id).value();
  }
}

bool Simulation::decide_all(std::vector<Event>& events, std::vector<Decision>& decisions) {
  std::set<std::string> keys;
  const auto take = [&](const Event& event) {
    decisions.push_back(keeper_->decide(event, now()));
    tamper(options_.mutant, decisions.back(), now_, random_);
    keeper_->install(decisions.back());
    // It would end the process; the simulator's own look says which invariant it was.
    if (options_.mutant != Mutant::sleeper) keeper_->check(decisions.back(), now());
  };
  count_budgets(decisions);
  for (Event& event : events) {
    auto* answer = std::get_if<Answer>(&event);
    if (answer && answer->remotes.ok()) look_up(*answer, decisions);
    if (auto* delivered = std::get_if<Delivered>(&event)) {
      const DeliveryRow& row = delivered->row;
      const Seen seen = store_->seen(row.provider, row.key, row.remote_id).value();
      delivered->seen = !keys.insert(row.provider.str() + "|" + row.key).second || seen.delivery;
      const auto live = keeper_->world().by_remote.find({row.provider, row.remote_id});
      delivered->session = live != keeper_->world().by_remote.end() ? live->second : seen.session;
    }
    take(event);
  }
  take(Tick{});
  const Mono next = keeper_->next_wakeup(now());
  if (next <= now_ && keeper_->uncounted(now()).empty()) fail("3: after a tick nothing is still due");
  return verdict_.broken.empty();
}

void Simulation::process(std::vector<Event> events) {
  std::vector<Decision> decisions;
  if (!decide_all(events, decisions)) return;
  Crash crash = Crash::none;
  if (random_.chance(crash_rate_)) crash = static_cast<Crash>(1 + random_.below(3));
  commit_and_dispatch(decisions, crash);
  if (verdict_.broken.empty()) check_all();
}

void Simulation::commit_and_dispatch(std::vector<Decision>& decisions, Crash crash) {
  if (crash == Crash::before_commit) {
    log("crash before the commit");
    if (options_.mutant == Mutant::early_ack) acknowledge(decisions);
    for (const Decision& decision : decisions) {
      for (const Effect& effect : decision.effects) {
        if (options_.mutant == Mutant::early_dispatch) dispatch(effect);
      }
    }
    for (auto at = decisions.rbegin(); at != decisions.rend(); ++at) keeper_->revert(*at);
    restart();
    return;
  }
  Batch batch;
  for (const Decision& decision : decisions) append(batch, decision.batch);
  if (!batch.empty() && !store_->commit(batch).ok()) fail("the store takes every batch");
  for (const TransitionRow& transition : batch.transitions) note(transition);
  for (const SessionRow& row : batch.sessions) rows_[row.id] = row;
  for (const MissedRow& row : batch.missed) {
    missed_.insert({row.plan, row.occurrence});
    log(row.plan.str() + " passes over " + to_rfc3339(row.occurrence) + ": " + std::string(to_string(row.why)));
  }
  for (const Decision& decision : decisions) {
    for (const Notice& notice : decision.notices) check_notice(notice);
  }
  if (crash == Crash::after_commit) {
    log("crash after the commit");
    restart();
    return;
  }
  acknowledge(decisions);
  for (const Decision& decision : decisions) {
    for (const Effect& effect : decision.effects) {
      if (crash == Crash::in_dispatch && random_.chance(0.5)) {
        log("crash in dispatch");
        restart();
        return;
      }
      dispatch(effect);
    }
    for (const Post& one : decision.posts) post(one);
  }
}

void Simulation::note(const TransitionRow& t) {
  log(t.plan.str() + " " + t.session.str().substr(0, 6) + " -> " + std::string(to_string(t.to)) + " " +
      std::string(to_string(t.reason)) + (t.remote_id ? " " + t.remote_id->str() : ""));
  if (t.reason == Reason::rollover) ++verdict_.rollovers;
  if (t.reason == Reason::found) ++verdict_.adopted;
  if (t.reason == Reason::orphan && !t.from) ++verdict_.orphans;
  if (t.from && is_terminal(*t.from)) fail("8: a terminal state never changes");
  const auto plan = config_->plans.find(t.plan);
  if (healed_at_ == mono_never || now_ < healed_at_ + std::chrono::minutes{10} ||
      plan == config_->plans.end())
    return;
  const bool kept = plan->second.keep_alive.heartbeat;
  if (t.reason == Reason::idle_timeout && kept) fail("6: a heartbeat was missed: " + t.session.str());
  const bool rolls = plan->second.keep_alive.rollover != Rollover::off && plan->second.schedule.spec().always;
  if (t.reason == Reason::max_duration && rolls && config_->budgets.empty())
    fail("6: a maximum passed without a successor: " + t.session.str());
}

void Simulation::acknowledge(const std::vector<Decision>& decisions) {
  for (const Decision& decision : decisions) {
    for (const Acknowledgement& ack : decision.acks) {
      const auto waiter = waiting_.find(ack.waiter);
      if (waiter == waiting_.end()) continue;
      acknowledged_.insert({waiter->second.row.provider.str(), waiter->second.row.key});
      ++verdict_.deliveries;
      waiting_.erase(waiter);
    }
  }
}

void Simulation::dispatch(const Effect& effect) {
  if (effect.kind != EffectKind::list && !rows_.contains(effect.session)) fail("4: an effect has a committed row");
  if (effect.kind == EffectKind::start) {
    ++verdict_.starts;
    check_budgets(effect);
  }
  if (effect.kind == EffectKind::stop) check_handover(effect);
  SimProvider& provider = providers_.at(effect.provider);
  const Mono sent = now_ + random_.between(Millis{1}, Millis{50});
  Effect carried = effect;
  if (options_.mutant == Mutant::deaf_heartbeat && effect.kind == EffectKind::keep_alive) {
    carried.kind = EffectKind::observe;
  }
  // A call that left reaches the provider also when the process dies meanwhile; its answer then reaches nobody.
  later(sent, [this, &provider, carried, epoch = epoch_] { call(provider, carried, epoch); });
}

// The machine has no route, or the provider is out.
std::optional<Error> Simulation::unreachable(const SimProvider& provider, const Effect& effect) {
  if (routeless_since_) {
    const bool blind = options_.mutant == Mutant::blind_route;
    return Error{blind ? ErrorKind::not_applied : ErrorKind::cut_off, "no route"};
  }
  const auto outage = outages_.find(provider.name());
  if (outage == outages_.end() || now_ >= outage->second.end) return std::nullopt;
  const bool start = effect.kind == EffectKind::start;
  if (start) ++outage->second.starts;
  if (start && options_.mutant == Mutant::no_circuit) return Error{ErrorKind::exhausted, "429", Seconds{1}};
  return Error{ErrorKind::not_applied, "connection refused"};
}

void Simulation::call(SimProvider& provider, const Effect& effect, int epoch) {
  const Mono sent = now_;
  log("  " + std::string(to_string(effect.kind)) + " " + effect.session.str().substr(0, 6) + " " +
      effect.remote.str());
  // By value: the answer outlives this call.
  const auto say = [this, effect, sent, epoch](Mono at, Result<std::vector<Remote>> remotes,
                                        std::optional<Wall> date) {
    later(at, [this, effect, sent, date, remotes = std::move(remotes), epoch] {
      if (epoch == epoch_) answer(effect, sent, date, remotes);
    });
  };
  if (options_.mutant == Mutant::false_stop && effect.kind == EffectKind::stop && random_.chance(0.05)) {
    Remote gone;
    gone.id = effect.remote;
    gone.progress = Progress::ended;
    gone.state = State::closed;
    say(now_ + Millis{30}, std::vector{gone}, std::nullopt);
    return;
  }
  if (const auto refused = unreachable(provider, effect)) {
    say(now_ + Millis{5}, *refused, std::nullopt);
    return;
  }
  const Millis latency = random_.chance(faults_.slow) ? random_.between(Millis{20}, Seconds{20})
                                                      : random_.between(Millis{20}, Millis{800});
  if (random_.chance(faults_.refuse)) {
    say(now_ + Millis{5}, Error{ErrorKind::not_applied, "connection refused"}, std::nullopt);
  } else if (random_.chance(faults_.exhaust)) {
    say(now_ + latency, Error{ErrorKind::exhausted, "429", random_.between(Seconds{1}, Seconds{120})},
        std::nullopt);
  } else if (random_.chance(faults_.lose_before)) {
    const Mono told = random_.chance(0.5) ? now_ + Millis{30} : now_ + request_timeout;
    say(told, Error{ErrorKind::maybe_applied, "no answer"}, std::nullopt);
    const bool may_be_late = effect.kind == EffectKind::start && provider.type() != ProviderType{"sonoran_cms"};
    if (may_be_late && random_.chance(faults_.late)) {
      later(now_ + random_.between(Seconds{1}, Seconds{200}), [this, &provider, effect] {
        log("late start of " + effect.session.str().substr(0, 6));
        provider.start_late(effect, now_, random_);
      });
    }
  } else if (random_.chance(faults_.lose_after)) {
    const Mono told = random_.chance(0.5) ? now_ + Millis{30} : now_ + request_timeout;
    later(now_ + latency, [this, &provider, effect] {
      const auto lost = provider.apply(effect, now_, random_, faults_);
      log("lost answer of " + std::string(to_string(effect.kind)) + (lost.ok() ? "" : " (refused)"));
    });
    say(told, Error{ErrorKind::maybe_applied, "no answer"}, std::nullopt);
  } else {
    later(now_ + latency, [this, &provider, effect, say] {
      auto remotes = provider.apply(effect, now_, random_, faults_);
      const Wall date = std::chrono::floor<Seconds>(provider.clock(now_));
      say(now_ + Millis{5}, std::move(remotes), date);
    });
  }
}

void Simulation::answer(const Effect& effect, Mono sent, std::optional<Wall> provider_now,
                        const Result<std::vector<Remote>>& remotes) {
  Answer told;
  told.kind = effect.kind;
  told.ticket = effect.ticket;
  told.session = effect.session;
  told.provider = effect.provider;
  told.sent_at = sent;
  told.provider_now = provider_now;
  told.remotes = remotes;
  const bool lost_start =
      effect.kind == EffectKind::start && !remotes.ok() && remotes.error().kind == ErrorKind::maybe_applied;
  if (options_.mutant == Mutant::blind_retry && lost_start) {
    told.remotes = Error{ErrorKind::not_applied, "taken for refused"};
  }
  if (effect.kind == EffectKind::list && told.remotes.ok()) {
    if (options_.mutant == Mutant::blind_sweep) told.remotes = std::vector<Remote>{};
    for (Remote& remote : *told.remotes.operator->()) {
      if (options_.mutant == Mutant::greedy_sweep && !remote.tag) remote.tag = SessionId{"of nobody"};
    }
  }
  log("  answer " + std::string(to_string(effect.kind)) + " " + effect.session.str().substr(0, 6) + " " +
      (remotes.ok() ? "ok " + std::to_string(remotes->size())
                    : std::string(to_string(remotes.error().kind))));
  inbox_.emplace_back(std::move(told));
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
  Delivered event;
  event.row = delivery.row;
  event.row.received_at = now().wall;
  event.waiter = ++waiters_;
  waiting_[event.waiter] = std::move(delivery);
  inbox_.emplace_back(std::move(event));
}

}  // namespace keeper::sim
