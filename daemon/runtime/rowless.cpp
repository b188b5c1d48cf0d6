#include "runtime/rowless.h"

#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "core/lifecycle.h"

namespace keeper {
namespace {

std::string session_difference(const World& world, const Ledger& ledger) {
  if (world.sessions.size() != ledger.unresolved.size()) {
    return "the store holds " + std::to_string(ledger.unresolved.size()) +
           " unresolved sessions, the keeper " + std::to_string(world.sessions.size());
  }
  for (const SessionRow& row : ledger.unresolved) {
    const auto known = world.sessions.find(row.id);
    if (known == world.sessions.end()) return "the keeper does not know session " + row.id.str();
    if (!(known->second.row == row)) return "session " + row.id.str() + " differs";
  }
  return {};
}

std::string plan_difference(const World& world, const Ledger& ledger) {
  if (world.plans.size() != ledger.plans.size()) return "the plans differ";
  for (const PlanRow& row : ledger.plans) {
    const auto known = world.plans.find(row.name);
    if (known == world.plans.end() || !(known->second.row == row))
      return "plan " + row.name.str() + " differs";
  }
  return {};
}

std::string notice_difference(const World& world, const Ledger& ledger) {
  if (world.alerts.size() != ledger.alerts.size()) return "the alerts differ";
  for (const AlertRow& row : ledger.alerts) {
    const auto known = world.alerts.find(row.key);
    if (known == world.alerts.end() || !(known->second.row == row))
      return "the alert of " + row.key.subject + " differs";
  }
  if (world.messages.size() != ledger.messages.size()) return "the messages differ";
  for (const MessageRow& row : ledger.messages) {
    const auto known = world.messages.find(row.id);
    if (known == world.messages.end() || !(known->second.row == row)) return "message " + row.id + " differs";
  }
  return {};
}

// What was recorded and removed since may have been the newest.
std::string delivery_difference(const World& world, const Ledger& ledger) {
  if (ledger.last_delivery > world.last_delivery) return "the store has newer deliveries";
  const bool same = std::equal(world.held.begin(), world.held.end(), ledger.held.begin(), ledger.held.end(),
                               [](const auto& held, const HeldRow& row) { return held.first == row.id; });
  return same ? std::string{} : "the held deliveries differ";
}

template <class Row, class Id>
const Row* row_of(const std::vector<Row>& rows, Id Row::*id, const Id& wanted) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.*id == wanted; });
  return found == rows.end() ? nullptr : &*found;
}

const SessionRow* stored_session(const Ledger& ledger, const SessionId& id) {
  const SessionRow* row = row_of(ledger.unresolved, &SessionRow::id, id);
  return row != nullptr ? row : row_of(ledger.latest, &SessionRow::id, id);
}

TransitionRow written_again(const SessionRow& row, Now now) {
  TransitionRow transition;
  transition.session = row.id;
  transition.plan = row.plan;
  transition.provider = row.provider;
  transition.remote_id = row.remote_id;
  transition.to = row.state;
  transition.reason = row.reason;
  transition.cause = Cause::recovery;
  transition.at = transition.recorded_at = now.wall;
  transition.detail = "written again, because the store had lost it";
  return transition;
}

void add_lost_sessions(const World& world, const Ledger& ledger, Now now, Batch& batch) {
  for (const auto& [id, session] : world.sessions) {
    const SessionRow* stored = stored_session(ledger, id);
    if (stored != nullptr && (*stored == session.row || is_terminal(stored->state))) continue;
    batch.sessions.push_back(session.row);
    batch.transitions.push_back(written_again(session.row, now));
  }
}

// An attempt that was begun and ended and that the store has lost: a row of what is remembered of it, so that
// its number, and with it its session's id, is not given a second time.
SessionRow stand_in(const World& world, const SlotKey& key, const Slot& slot, const Plan& plan, Now now) {
  SessionRow row;
  row.plan = key.plan;
  row.provider = plan.provider;
  row.occurrence = *slot.occurrence;
  row.replica = key.replica;
  row.attempt = slot.attempts - 1;
  row.failures = slot.failures;
  row.id = session_id(world.instance, row.plan, row.occurrence, row.replica, row.attempt);
  row.place = plan.place;
  row.parameters = plan.parameters;
  row.fingerprint = plan.fingerprint;
  row.state = slot.last_state.value_or(State::error);
  row.reason = slot.last_reason.value_or(Reason::lost);
  row.progress = Progress::ended;
  row.resolved = true;
  row.created_at = now.wall;
  row.ended_at = now.wall;
  row.last_error = slot.last_error;
  return row;
}

void add_lost_attempts(const World& world, const Ledger& ledger, Now now, Batch& batch) {
  for (const auto& [key, slot] : world.slots) {
    const auto plan = world.config->plans.find(key.plan);
    if (plan == world.config->plans.end() || !slot.occurrence || slot.attempts == 0) continue;
    const SessionRow row = stand_in(world, key, slot, plan->second, now);
    if (world.sessions.contains(row.id) || stored_session(ledger, row.id) != nullptr) continue;
    batch.sessions.push_back(row);
    batch.transitions.push_back(written_again(row, now));
  }
}

bool differs_by_words(const SessionRow& before, SessionRow after) {
  after.native_status = before.native_status;
  after.last_error = before.last_error;
  return after == before;
}

bool changes_words_only(const Decision& decision) {
  if (decision.batch.sessions.empty()) return false;
  Batch others = decision.batch;
  others.sessions.clear();
  if (!others.empty() || !decision.notices.empty()) return false;
  return std::all_of(decision.sessions.begin(), decision.sessions.end(), [](const auto& change) {
    return change.before && change.after && differs_by_words(change.before->row, change.after->row);
  });
}

void forget_words(Decision& decision) {
  for (auto& change : decision.sessions) change.after->row = change.before->row;
  decision.batch.sessions.clear();
}

// What else is due of a session (a successor, say) needs rows and waits; its heartbeat does not.
Tracked with_call_of(Tracked before, const Tracked& after) {
  if (before.row == after.row) return after;
  before.flight = after.flight;
  return before;
}

bool answers_heartbeat(const Change<SessionId, Tracked>& change) {
  return change.before && change.before->flight && change.before->flight->kind == EffectKind::keep_alive;
}

}  // namespace

std::string difference(const World& world, const Ledger& ledger) {
  if (world.instance != ledger.instance) return "the store is another one";
  if (world.counts != ledger.counts) return "the counts of sessions differ";
  if (std::string found = session_difference(world, ledger); !found.empty()) return found;
  if (std::string found = plan_difference(world, ledger); !found.empty()) return found;
  if (std::string found = notice_difference(world, ledger); !found.empty()) return found;
  return delivery_difference(world, ledger);
}

Batch lost_rows(const World& world, const Ledger& ledger, Now now) {
  Batch batch;
  add_lost_sessions(world, ledger, now, batch);
  add_lost_attempts(world, ledger, now, batch);
  for (const auto& [name, track] : world.plans) {
    const PlanRow* stored = row_of(ledger.plans, &PlanRow::name, name);
    if (stored == nullptr || !(*stored == track.row)) batch.plans.push_back(track.row);
  }
  for (const auto& [key, track] : world.alerts) {
    const AlertRow* stored = row_of(ledger.alerts, &AlertRow::key, key);
    if (stored == nullptr || !(*stored == track.row)) batch.alerts.push_back(track.row);
  }
  for (const AlertRow& row : ledger.alerts) {
    if (!world.alerts.contains(row.key)) batch.resolved.push_back(row.key);
  }
  for (const auto& [id, track] : world.messages) {
    const MessageRow* stored = row_of(ledger.messages, &MessageRow::id, id);
    if (stored == nullptr || !(*stored == track.row)) batch.messages.push_back(track.row);
  }
  return batch;
}

Decision rowless_part(const Decision& tick, const std::set<SessionId>& written) {
  Decision part;
  part.values_before = part.values_after = tick.values_before;
  part.values_after.tickets = tick.values_after.tickets;
  for (const auto& change : tick.sessions) {
    if (!change.before || !change.after) continue;
    const auto effect = std::find_if(tick.effects.begin(), tick.effects.end(),
                                     [&](const Effect& one) { return one.session == change.key; });
    if (effect == tick.effects.end()) continue;
    const bool in_doubt = written.contains(change.key);
    if (effect->kind == EffectKind::keep_alive) {
      part.sessions.push_back({change.key, change.before, with_call_of(*change.before, *change.after)});
    } else if ((!in_doubt && change.before->row == change.after->row) || planted(Bug::starts_in_outage)) {
      part.sessions.push_back(change);
    } else {
      continue;
    }
    part.effects.push_back(*effect);
  }
  return part;
}

std::optional<Decision> rowless(Decision decision, const std::set<SessionId>* written) {
  if (changes_words_only(decision)) forget_words(decision);
  if (!decision.batch.empty()) return std::nullopt;
  if (written == nullptr) return decision;
  const bool apart = std::none_of(
      decision.sessions.begin(), decision.sessions.end(),
      [&](const auto& change) { return written->contains(change.key) && !answers_heartbeat(change); });
  // Of a session whose rows are in doubt, no call but the next heartbeat may follow from the answer to one.
  const bool only_beats =
      std::none_of(decision.effects.begin(), decision.effects.end(), [&](const Effect& effect) {
        return written->contains(effect.session) && effect.kind != EffectKind::keep_alive;
      });
  const bool alone = decision.slots.empty() && decision.plans.empty() && decision.scopes.empty() &&
                     decision.sweeps.empty() && decision.held.empty() && decision.budgets.empty();
  if (!apart || !only_beats || !alone) return std::nullopt;
  return decision;
}

}  // namespace keeper
