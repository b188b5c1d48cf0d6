#include "runtime/outage_beats.h"

#include <algorithm>
#include <utility>

namespace keeper {
namespace {

constexpr Millis retry_min = Seconds{1};

// The answer to a call of a session that may have a remote; null for any other item.
Answer* session_answer(Item& item) {
  auto* answer = std::get_if<Answer>(&item.event);
  if (answer == nullptr) return nullptr;
  const bool keeps = answer->kind != EffectKind::list && answer->kind != EffectKind::stop &&
                     answer->kind != EffectKind::cleanup;
  return keeps ? answer : nullptr;
}

template <class Id, class T>
const T* after_of(const std::vector<Change<Id, T>>& changes, const Id& id) {
  const auto found =
      std::find_if(changes.begin(), changes.end(), [&](const auto& change) { return change.key == id; });
  return found != changes.end() && found->after ? &*found->after : nullptr;
}

// A ticket is given once, so that those of a decision which is not installed are spent by themselves.
void spend_tickets(Keeper& keeper, const Decision& decision) {
  Decision spent;
  spent.values_before = spent.values_after = decision.values_before;
  spent.values_after.tickets = decision.values_after.tickets;
  keeper.install(spent);
}

}  // namespace

void OutageBeats::send_due(Keeper& keeper, std::vector<Item>& waiting, Now now, std::vector<Effect>& beats) {
  for (Item& item : waiting) {
    Answer* answer = session_answer(item);
    if (answer == nullptr) continue;
    Beat& beat = beats_[answer->session];
    if (beat.in_flight || now.mono < beat.not_before) continue;
    answer->kept = beat.kept;
    const Decision decision = keeper.decide(*answer, now);
    const Tracked* session = after_of(decision.sessions, answer->session);
    if (session == nullptr || !session->row.remote_id || !session->beat_at) continue;
    beat.not_before = *session->beat_at;
    const auto effect =
        std::find_if(decision.effects.begin(), decision.effects.end(), [&](const Effect& one) {
          return one.session == answer->session && one.kind == EffectKind::keep_alive;
        });
    if (effect == decision.effects.end()) continue;
    spend_tickets(keeper, decision);
    beat.remote = effect->remote;
    beat.ticket = effect->ticket;
    beat.since = now.mono;
    beat.idle_at = session->idle_at.value_or(mono_never);
    beat.in_flight = true;
    beats.push_back(*effect);
  }
}

bool OutageBeats::take(const Answer& answer, Now now) {
  const auto found = beats_.find(answer.session);
  if (found == beats_.end() || !found->second.in_flight || found->second.ticket != answer.ticket)
    return false;
  Beat& beat = found->second;
  beat.in_flight = false;
  if (answer.remotes.ok()) {
    beat.kept = std::make_shared<const Answer>(answer);
    beat.not_before = now.mono;
  } else {
    const Millis left = beat.idle_at == mono_never ? Millis{0} : beat.idle_at - now.mono;
    beat.not_before = now.mono + std::max(left / 3, retry_min);
  }
  return true;
}

void OutageBeats::give_to(std::vector<Item>& waiting) const {
  for (Item& item : waiting) {
    Answer* answer = session_answer(item);
    if (answer == nullptr) continue;
    if (const auto beat = beats_.find(answer->session); beat != beats_.end())
      answer->kept = beat->second.kept;
  }
}

std::vector<Item> OutageBeats::hand_over(Keeper& keeper) {
  std::vector<Item> answers;
  for (auto& [id, beat] : std::exchange(beats_, {})) {
    const auto session = keeper.world().sessions.find(id);
    const bool is_free = session != keeper.world().sessions.end() && !session->second.flight &&
                         session->second.row.remote_id == beat.remote;
    if (!is_free || !(beat.in_flight || beat.kept)) continue;
    Tracked after = session->second;
    after.flight = Flight{EffectKind::keep_alive, beat.ticket, beat.since};
    if (!beat.in_flight) {
      after.flight->ticket = beat.kept->ticket;
      answers.push_back({*beat.kept, {}});
    }
    Decision handed;
    handed.values_before = handed.values_after = keeper.world();
    handed.sessions.push_back({id, session->second, std::move(after)});
    keeper.install(handed);
  }
  return answers;
}

}  // namespace keeper
