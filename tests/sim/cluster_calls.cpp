// The calls that leave the nodes. One that is fenced (a start, and a stop that names a place) leaves only
// after a look at the database has shown that its node leads. At its first write the node compares times: the
// look left at most a second ago, and the lease is not over. Between that and the write a process may be
// stopped.
#include <algorithm>

#include "base/planted.h"
#include "sim/sim_cluster.h"

namespace keeper::sim {
namespace {

constexpr Millis confirmed_for = Seconds{1};

Error not_sent(const std::string& why) { return {ErrorKind::not_applied, why}; }

}  // namespace

bool Cluster::is_fenced(const Effect& effect) const {
  const bool placed = config_->providers.at(effect.provider).start_scope == StartScope::place;
  return effect.kind == EffectKind::start || (effect.kind == EffectKind::stop && placed);
}

void Cluster::dispatch(Node& node, const Effect& effect) {
  if (effect.kind == EffectKind::start) {
    ++verdict_.starts;
    if (node.rounds && node.rounds->in_outage()) fail("28: a start leaves a node that holds");
    const auto row = database_.sessions().find(effect.session);
    const bool is_there = row != database_.sessions().end() && row->second.start_sent_at;
    if (!is_there) fail("22: a start leaves that is not on disk: " + effect.session.str());
  }
  const Mono at = std::max(now_, node.access->blocked_until()) + random_.between(Millis{1}, Millis{50});
  const bool fenced = is_fenced(effect);
  if (fenced) ++node.fenced_calls;
  of_process(node, at, [this, &node, effect, fenced] {
    if (fenced) {
      confirm(node, effect);
    } else {
      send(node, effect);
    }
  });
}

void Cluster::confirm(Node& node, const Effect& effect) {
  const Mono sent = node.clock(now_);
  const std::optional<bool> leads = node.store->confirm();
  if (!leads || !*leads) {
    answer(node, now_ + (leads ? Millis{5} : terms_.patience()), effect, sent,
           not_sent("the lease could not be confirmed"));
    return;
  }
  const Millis took = node.link.way == Way::slow ? node.link.delay : random_.between(Millis{1}, Millis{30});
  const Millis connects = random_.chance(0.1) ? random_.between(Millis{300}, Millis{1'500})
                                              : random_.between(Millis{5}, Millis{300});
  of_process(node, now_ + took + connects, [this, &node, effect, sent] { let_out(node, effect, sent); });
}

void Cluster::let_out(Node& node, const Effect& effect, Mono confirmed) {
  const Mono now = node.clock(now_);
  const bool may = now < node.store->lead_until() && now - confirmed <= confirmed_for;
  if (!may && !planted(Bug::unchecked_start)) {
    answer(node, now_ + Millis{1}, effect, now, not_sent("not the leader any more"));
    return;
  }
  check_let_out(node, effect);
  if (node.stop_at_next_write) {
    node.stop_at_next_write = false;
    stop(node, random_.between(Seconds{1}, terms_.pause_allowance));
  }
  of_process(node, now_, [this, &node, effect] { send(node, effect); });
}

void Cluster::send(Node& node, const Effect& effect) {
  const Mono sent = node.clock(now_);
  log("  " + node.label() + " " + std::string(to_string(effect.kind)) + " " +
      effect.session.str().substr(0, 6) + " " + effect.remote.str());
  const Millis limit = config_->providers.at(effect.provider).request_timeout;
  if (node.provider_cut) {
    answer(node, now_ + Millis{5}, effect, sent, Error{ErrorKind::not_applied, "connection refused"});
    return;
  }
  const Millis latency = !healed_ && random_.chance(0.05) ? random_.between(Millis{800}, limit * 3 / 5)
                                                          : random_.between(Millis{20}, Millis{800});
  // Where one fault comes at a time, a call that is lost beside it would be a second one.
  const bool fails = !healed_ && !single_ && random_.chance(0.06);
  if (fails && random_.chance(0.5)) {
    answer(node, now_ + limit, effect, sent, Error{ErrorKind::maybe_applied, "no answer"});
    return;
  }
  // It reaches the provider also when the process dies meanwhile.
  later(now_ + latency, [this, &node, effect, sent, fails, limit, process = node.process] {
    auto remotes = carry(effect);
    if (node.process != process) return;
    if (fails) remotes = Error{ErrorKind::maybe_applied, "no answer"};
    answer(node, now_ + (fails ? limit : Millis{5}), effect, sent, std::move(remotes));
  });
}

Result<std::vector<Remote>> Cluster::carry(const Effect& effect) {
  SimProvider& provider = providers_.at(effect.provider);
  const bool fenced_stop = effect.kind == EffectKind::stop && is_fenced(effect);
  auto remotes = fenced_stop ? stop_at_place(provider, effect) : provider.apply(effect, now_, random_, {});
  if (effect.kind == EffectKind::start && remotes.ok()) check_started(effect.session);
  return remotes;
}

// The call names the place, whatever is there now.
Result<std::vector<Remote>> Cluster::stop_at_place(SimProvider& provider, const Effect& effect) {
  for (const SimRemote& remote : provider.remotes()) {
    if (!remote.alive || remote.place != effect.place || remote.id == effect.remote) continue;
    fail("28: a stop of a former leader ends what its successor started: " + remote.id.str());
  }
  return provider.apply(effect, now_, random_, {});
}

void Cluster::answer(Node& node, Mono at, const Effect& effect, Mono sent,
                     Result<std::vector<Remote>> remotes) {
  const Wall date = std::chrono::floor<Seconds>(providers_.at(effect.provider).clock(now_));
  of_process(node, at, [this, &node, effect, sent, date, remotes = std::move(remotes)] {
    Answer told;
    told.kind = effect.kind;
    told.ticket = effect.ticket;
    told.session = effect.session;
    told.provider = effect.provider;
    told.sent_at = sent;
    told.remotes = remotes;
    told.whole = true;
    if (remotes.ok()) told.provider_now = date;
    if (is_fenced(effect)) --node.fenced_calls;
    log("  answer " + std::string(to_string(effect.kind)) + " " + effect.session.str().substr(0, 6) + " " +
        (remotes.ok() ? "ok " + std::to_string(remotes->size())
                      : std::string(to_string(remotes.error().kind))));
    node.inbox->post(std::move(told));
  });
}

}  // namespace keeper::sim
