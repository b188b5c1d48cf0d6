#include "runtime/round.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "core/deadlines.h"

namespace keeper {
namespace {

// Each tick brings what is due a step on; more rounds than this means that something stays due for ever.
constexpr int ticks_max = 64;

}  // namespace

void Round::install(Keeper& keeper, Decision decision, Now now) {
  keeper.install(decision);
  keeper.check(decision, now);
  decisions_.push_back(std::move(decision));
}

void Round::add(Keeper& keeper, Decision decision, Now now) {
  KEEPER_CHECK(decision.batch.empty());
  install(keeper, std::move(decision), now);
}

void Round::decide(Keeper& keeper, const Asked& asked, Findings findings, Now now, const RoundPorts& ports) {
  decisions_.reserve(items_.size() + 1);
  // What ended sessions took comes before anything is decided, so that it fits the sessions in the memory.
  const std::vector<Period>& periods = asked.questions.periods;
  for (std::size_t i = 0; i < periods.size(); ++i) {
    install(keeper, keeper.decide(PeriodCounted{periods[i], std::move(findings.spent[i])}, now), now);
  }
  decide_items(keeper, asked, findings, now, ports);
  for (int tick = 0; keeper.next_wakeup(now) <= now.mono; ++tick) {
    KEEPER_CHECK(tick < ticks_max);
    install(keeper, keeper.decide(Tick{}, now), now);
  }
}

void Round::decide_items(Keeper& keeper, const Asked& asked, Findings& findings, Now now,
                         const RoundPorts& ports) {
  std::size_t delivery = 0;
  std::size_t remote = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    Event& event = items_[i].event;
    const Waiter waiter = items_[i].receipt ? i + 1 : 0;
    ports.taken(event, keeper.world(), now);
    if (auto* delivered = std::get_if<Delivered>(&event)) {
      const DeliveryRow& row = delivered->row;
      Seen& seen = findings.seen[delivery++];
      const bool in_round = !keys_.insert({row.provider, row.key}).second;
      delivered->waiter = waiter;
      delivered->seen = seen.delivery || in_round;
      const auto live = keeper.world().by_remote.find({row.provider, row.remote_id});
      delivered->session = live != keeper.world().by_remote.end() ? live->second : std::move(seen.session);
      install(keeper, keeper.decide(std::move(*delivered), now), now);
      continue;
    }
    if (auto* answer = std::get_if<Answer>(&event); answer && answer->remotes.ok()) {
      find_held(*answer, keeper, findings);
      if (shows_remotes(*answer)) remote = find_known(*answer, i, keeper, asked, findings, remote);
    }
    if (auto* loaded = std::get_if<ConfigLoaded>(&event)) loaded->waiter = waiter;
    if (auto* order = std::get_if<OperatorAsked>(&event)) order->waiter = waiter;
    if (auto* noticed = std::get_if<Noticed>(&event)) noticed->waiter = waiter;
    install(keeper, keeper.decide(event, now), now);
  }
}

// Recorded before this round, or in it.
void Round::find_held(Answer& answer, const Keeper& keeper, const Findings& findings) const {
  answer.held.clear();
  for (const Remote& remote : *answer.remotes) {
    for (const std::int64_t id : keeper.world().held.of({answer.provider, remote.id})) {
      const DeliveryRow* row = recorded_by(decisions_, id);
      const auto found = findings.held.find(id);
      if (row == nullptr && found != findings.held.end()) row = &found->second;
      if (row != nullptr) answer.held.push_back(*row);
    }
  }
}

// For each remote that is shown and that the keeper does not track: its row. Returns the place of the next
// question.
std::size_t Round::find_known(Answer& answer, std::size_t item, const Keeper& keeper, const Asked& asked,
                              Findings& findings, std::size_t next) const {
  answer.known.assign(answer.remotes->size(), std::nullopt);
  for (std::size_t i = 0; i < answer.known.size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    const bool is_asked =
        next < asked.shown.size() && asked.shown[next].item == item && asked.shown[next].remote == i;
    const std::size_t place = is_asked ? next++ : next;
    if (keeper.world().by_remote.contains({answer.provider, remote.id})) continue;
    answer.known[i] = is_asked ? std::move(findings.known[place]) : left_in_round(answer.provider, remote.id);
  }
  return next;
}

// The row, as it is in the store, of a session that had the remote until this round.
std::optional<SessionRow> Round::left_in_round(const ProviderName& provider, const RemoteId& remote) const {
  for (const Decision& decision : decisions_) {
    for (const auto& change : decision.sessions) {
      if (!change.before || change.before->row.provider != provider) continue;
      if (change.before->row.remote_id == remote) return change.before->row;
    }
  }
  return std::nullopt;
}

Batch Round::batch() {
  Batch batch;
  for (Decision& decision : decisions_) {
    auto& deliveries = decision.batch.deliveries;
    batch.deliveries.insert(batch.deliveries.end(), std::move_iterator(deliveries.begin()),
                            std::move_iterator(deliveries.end()));
    deliveries.clear();
    append(batch, decision.batch);
  }
  return batch;
}

void Round::acknowledge() {
  for (const Decision& decision : decisions_) {
    for (const Acknowledgement& one : decision.acks) {
      const Receipt receipt = std::exchange(items_.at(one.waiter - 1).receipt, nullptr);
      if (receipt) receipt(one.ack);
    }
  }
}

void Round::let_out(const RoundPorts& ports) {
  acknowledge();
  std::vector<Effect> effects;
  std::vector<Post> posts;
  for (Decision& decision : decisions_) {
    std::move(decision.effects.begin(), decision.effects.end(), std::back_inserter(effects));
    posts.insert(posts.end(), decision.posts.begin(), decision.posts.end());
    for (const TransitionRow& row : decision.batch.transitions) ports.committed(row);
    for (const Notice& notice : decision.notices) ports.noticed(notice);
    for (const auto& change : decision.providers) ports.provider_changed(change);
    for (const auto& change : decision.targets) ports.target_changed(change);
    for (const auto& change : decision.sessions) ports.session_changed(change);
  }
  for (const Item& item : items_) KEEPER_CHECK(!item.receipt);
  if (!effects.empty()) ports.dispatch(std::move(effects));
  if (!posts.empty()) ports.post(posts);
}

std::set<SessionId> Round::written() const {
  std::set<SessionId> written;
  for (const Decision& decision : decisions_) {
    for (const SessionRow& row : decision.batch.sessions) written.insert(row.id);
  }
  return written;
}

void Round::let_out_rowless(const RoundPorts& ports) {
  const std::set<SessionId> written = this->written();
  std::set<SessionId> created;
  std::vector<Effect> leaving;
  for (Decision& decision : decisions_) {
    for (const auto& change : decision.sessions) {
      if (!change.before) created.insert(change.key);
    }
    const auto leaves = [&](const Effect& effect) {
      if (effect.kind == EffectKind::list || created.contains(effect.session)) return false;
      return effect.kind == EffectKind::keep_alive || !written.contains(effect.session);
    };
    const auto first =
        std::stable_partition(decision.effects.begin(), decision.effects.end(), std::not_fn(leaves));
    leaving.insert(leaving.end(), std::move_iterator(first), std::move_iterator(decision.effects.end()));
    decision.effects.erase(first, decision.effects.end());
  }
  if (!leaving.empty()) ports.dispatch(std::move(leaving));
}

std::vector<Item> Round::withdraw_starts(Now now) {
  std::vector<Item> answers;
  for (Decision& decision : decisions_) {
    for (const Effect& effect : decision.effects) {
      if (effect.kind != EffectKind::start) continue;
      Answer answer;
      answer.kind = effect.kind;
      answer.ticket = effect.ticket;
      answer.session = effect.session;
      answer.provider = effect.provider;
      answer.sent_at = now.mono;
      answer.remotes = Error{ErrorKind::not_applied, "the start waited too long for the disk"};
      answers.push_back({std::move(answer), {}});
    }
    std::erase_if(decision.effects, [](const Effect& one) { return one.kind == EffectKind::start; });
  }
  return answers;
}

void Round::revert(Keeper& keeper, Now now) const { move_to(Side::before, keeper, now); }

void Round::install(Keeper& keeper, Now now) const { move_to(Side::after, keeper, now); }

// Of the sessions that it changes, the calls as they are, where they are not as the side `from` has them.
std::map<SessionId, std::optional<Flight>> Round::moved_calls(Side from, const Keeper& keeper) const {
  std::map<SessionId, std::optional<Flight>> left;
  for (const Decision& decision : decisions_) {
    for (const auto& change : decision.sessions) {
      if (!change.before || !change.after) continue;
      if (from == Side::before) left.emplace(change.key, change.before->flight);
      if (from == Side::after) left.insert_or_assign(change.key, change.after->flight);
    }
  }
  std::map<SessionId, std::optional<Flight>> moved;
  for (const auto& [id, flight] : left) {
    const auto session = keeper.world().sessions.find(id);
    if (session != keeper.world().sessions.end() && session->second.flight != flight)
      moved.emplace(id, session->second.flight);
  }
  return moved;
}

bool Round::has_effect(const Flight& flight) const {
  return std::any_of(decisions_.begin(), decisions_.end(), [&](const Decision& decision) {
    return std::any_of(decision.effects.begin(), decision.effects.end(),
                       [&](const Effect& effect) { return effect.ticket == flight.ticket; });
  });
}

void Round::move_to(Side side, Keeper& keeper, Now now) const {
  const auto moved = moved_calls(side == Side::after ? Side::before : Side::after, keeper);
  if (side == Side::after) {
    for (const Decision& decision : decisions_) keeper.install(decision);
  } else {
    for (auto decision = decisions_.rbegin(); decision != decisions_.rend(); ++decision)
      keeper.revert(*decision);
  }
  Decision kept;
  kept.values_before = kept.values_after = keeper.world();
  for (const auto& [id, flight] : moved) {
    const auto session = keeper.world().sessions.find(id);
    if (session == keeper.world().sessions.end() || session->second.flight == flight) continue;
    // A call of the round's own leaves yet, and its answer comes.
    if (side == Side::after && session->second.flight && has_effect(*session->second.flight)) continue;
    Tracked after = session->second;
    after.flight = flight;
    call_now(after, now.mono);
    look_again(after, now.mono);
    kept.sessions.push_back({id, session->second, std::move(after)});
  }
  keeper.install(kept);
}

}  // namespace keeper
