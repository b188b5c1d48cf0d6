#include "core/sweep.h"

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "base/planted.h"
#include "core/deadlines.h"
#include "core/lifecycle.h"
#include "core/notices.h"
#include "core/origin.h"
#include "core/reading.h"

namespace keeper {
namespace {

// A list may still show what ended so lately.
constexpr Millis ended_shown = std::chrono::minutes{1};
constexpr Millis sweep_every = std::chrono::minutes{5};
constexpr Millis sweep_retry = Seconds{30};
// A start is under way whose remote could not be told from a stranger's, or a list may lag behind: look
// again.
constexpr Millis sweep_again = Seconds{10};
constexpr std::size_t strangers_max = 100;

// The plan that rows of orphans carry; no plan can be called so.
const PlanName orphan_plan{"(orphans)"};

constexpr std::string_view alive_after_end = "the provider shows it alive after its end; it is stopped again";

enum class Verdict { known, wait, orphan, stranger };

// When the place is listed again, `wait` from now: once more as soon as a list shows what a start of an
// earlier process made that left as late as it may.
Mono list_again(const Draft& draft, const SweepKey& key, const Answer& answer, Millis wait) {
  const Mono now = draft.now().mono;
  const Mono late = shown_by(draft.world().start_bound, *draft.traits(key.provider));
  return answer.sent_at < late ? std::min(now + wait, std::max(late, now)) : now + wait;
}

// What names the place to the provider.
std::string parameters_of(const Draft& draft, const SweepKey& key) {
  for (const auto& [name, plan] : draft.config().plans) {
    if (plan.provider == key.provider && plan.place == key.place) return plan.parameters;
  }
  return {};
}

void send_list(Draft& draft, const SweepKey& key) {
  Effect effect;
  effect.kind = EffectKind::list;
  effect.ticket = draft.next_ticket();
  effect.instance = draft.world().instance;
  effect.provider = key.provider;
  effect.place = key.place;
  effect.parameters = parameters_of(draft, key);
  effect.needed_by = draft.now().mono + std::chrono::minutes{1};
  Sweep& sweep = draft.edit_sweep(key);
  sweep.ticket = effect.ticket;
  sweep.due = mono_never;
  draft.effect(std::move(effect));
}

// A start whose answer is not in: an untagged remote may be its.
bool start_under_way(const Draft& draft, const SweepKey& key, const Traits& traits) {
  SessionRow row;
  row.provider = key.provider;
  row.place = key.place;
  const std::string scope = scope_of(row, &traits);
  if (scope.empty()) return false;
  const auto& holders = draft.scope(scope).holders;
  return std::any_of(holders.begin(), holders.end(), [&](const SessionId& id) {
    const Tracked* session = draft.find(id);
    return session && !session->row.remote_id;
  });
}

// It ended in this very batch, or so lately that the list may not show it yet.
bool ended_lately(const SessionRow& row, Now now) {
  if (!row.resolved || !row.ended_at) return true;
  // Below zero: the clock was set back since, and the end is long ago.
  const Millis age = now.wall - *row.ended_at;
  return age >= Millis{0} && age < ended_shown;
}

// What is listed alive is not cleaned up but stopped: its end was no end.
void stop_if_over(Draft& draft, const SessionId& id) {
  const Tracked* over = draft.find(id);
  if (!over->is_over || over->flight) return;
  const Millis age = draft.now().wall - *over->row.ended_at;
  if (age >= Millis{0} && age < ended_shown) return;
  Tracked& session = draft.edit(id);
  session.is_over = false;
  session.row.ending = Ending{session.row.state, session.row.reason, Cause::poll, draft.now().wall};
  session.row.last_error = std::string(alive_after_end);
  call_now(session, draft.now().mono);
  draft.wake_session(id);
}

Verdict judge_tagged(const Draft& draft, const Remote& remote, const std::optional<SessionRow>& row) {
  const Tracked* session = tagged_session(draft, *remote.tag);
  if (session) {
    if (!session->row.remote_id) return Verdict::wait;
    return *session->row.remote_id == remote.id ? Verdict::known : Verdict::orphan;
  }
  // A plan may want it yet, and takes it where its start is looked up.
  if (!row && draft.now().mono < draft.world().doubt_until) return Verdict::wait;
  return row && ended_lately(*row, draft.now()) ? Verdict::wait : Verdict::orphan;
}

// What ended before any session stood for it may be billed still. An orphan's row is not the one that its
// remote's tag names.
Verdict judge_ended(const Draft& draft, const SweepKey& key, const Answer& answer, std::size_t index) {
  const Remote& remote = (*answer.remotes)[index];
  const Traits* traits = draft.traits(key.provider);
  const bool may_cost = traits && traits->has_cleanup && remote.tag;
  const bool has_row =
      index < answer.known.size() && answer.known[index] && answer.known[index]->remote_id == remote.id;
  if (!may_cost || has_row || draft.find(RemoteKey{key.provider, remote.id})) return Verdict::known;
  return judge_tagged(draft, remote, row_of_remote(draft, answer, index));
}

Verdict judge(Draft& draft, const SweepKey& key, const Answer& answer, std::size_t index) {
  const Remote& remote = (*answer.remotes)[index];
  const std::optional<SessionRow> row = row_of_remote(draft, answer, index);
  if (planted(Bug::blind_sweep)) return Verdict::known;
  if (remote.progress == Progress::ended) return judge_ended(draft, key, answer, index);
  const RemoteKey shown{key.provider, remote.id};
  const bool forgets = planted(Bug::stops_repeated) && !draft.world().by_remote.contains(shown);
  if (const SessionId* id = forgets ? nullptr : draft.find(shown)) {
    stop_if_over(draft, *id);
    return Verdict::known;
  }
  if (remote.tag) return judge_tagged(draft, remote, row);
  if (row) return ended_lately(*row, draft.now()) ? Verdict::wait : Verdict::orphan;
  const Traits* traits = draft.traits(key.provider);
  KEEPER_CHECK(traits);
  if (start_under_way(draft, key, *traits)) return Verdict::wait;
  const auto start = absent_start_of(draft, remote, answer, key);
  if (!start) return planted(Bug::greedy_sweep) ? Verdict::orphan : Verdict::stranger;
  auto& starts = draft.edit_provider(key.provider).absent_starts;
  starts.erase(starts.begin() + static_cast<std::ptrdiff_t>(*start));
  return Verdict::orphan;
}

// A row of its own carries the stop through restarts, until the provider confirms it.
void stop_orphan(Draft& draft, const SweepKey& key, const Remote& remote,
                 const std::optional<SessionRow>& row) {
  const Wall now = draft.now().wall;
  if (row && row->remote_id == remote.id && !draft.find(row->id)) {
    Tracked& session = draft.add(*row);
    session.row.resolved = false;
    session.row.ending = Ending{row->state, row->reason, Cause::poll, now};
    session.row.last_error = std::string(alive_after_end);
    happen(draft, Topic::orphan_found, key.provider.str(),
           "remote " + remote.id.str() + " at " + key.provider.str() + ": " + session.row.last_error);
    draft.adopt(row->id, remote.id);
    call_now(draft.edit(row->id), draft.now().mono);
    draft.wake_session(row->id);
    return;
  }
  SessionRow orphan;
  orphan.id = SessionId{
      stable_hex128(draft.world().instance.str() + "|orphan|" + key.provider.str() + "|" + remote.id.str())};
  if (draft.find(orphan.id) && !planted(Bug::stops_repeated)) return;
  orphan.plan = orphan_plan;
  orphan.provider = key.provider;
  orphan.place = key.place;
  orphan.parameters = parameters_of(draft, key);
  orphan.occurrence = remote.created_at.value_or(now);
  // Two orphans may be of one moment, and no two rows may serve the same.
  orphan.attempt = static_cast<int>(stable_hash(orphan.id.str(), 17) % 1'000'000'000);
  orphan.reason = Reason::orphan;
  orphan.native_status = remote.native_status;
  orphan.created_at = now;
  orphan.remote_id = remote.id;
  orphan.predecessor = remote.tag;
  orphan.last_error = remote.progress == Progress::ended
                          ? "found at the provider after its end, without a session that stood for it; it "
                            "is stopped, and what it left is cleaned up"
                          : "found alive at the provider without a session that stands for it; it is stopped";
  orphan.ending = Ending{State::closed, Reason::orphan, Cause::poll, now};
  Tracked& session = draft.add(orphan);
  call_now(session, draft.now().mono);
  draft.adopt(orphan.id, remote.id);
  draft.transition(orphan, std::nullopt, Cause::poll, now, "remote " + remote.id.str());
  happen(draft, Topic::orphan_found, key.provider.str(),
         "remote " + remote.id.str() + " at " + key.provider.str() + ": " + orphan.last_error);
  draft.wake_session(orphan.id);
}

// Attempts that a ledger which was restored from an older copy may lack.
constexpr int lost_attempts_max = 32;

// The attempt of a slot that is without a session and whose id is the tag.
std::optional<int> lost_attempt(const Draft& draft, const Plan& plan, int replica, Wall occurrence,
                                const SessionId& tag) {
  const Slot& slot = draft.slot({plan.name, replica});
  if (!slot.live.empty()) return std::nullopt;
  const int first = slot.occurrence == occurrence ? slot.attempts : 0;
  for (int attempt = first; attempt < first + lost_attempts_max; ++attempt) {
    if (names_session(tag, session_id(draft.world().instance, plan.name, occurrence, replica, attempt)))
      return attempt;
  }
  return std::nullopt;
}

// A session that the ledger does not know and whose plan wants one now is taken back. False: nobody wants it.
bool adopt_orphan(Draft& draft, const Remote& remote, const Answer& answer) {
  if (!remote.tag || tagged_session(draft, *remote.tag)) return false;
  for (const auto& [name, plan] : draft.config().plans) {
    const auto window = plan.schedule.window_at(draft.now().wall);
    if (plan.provider != answer.provider || !window) continue;
    for (int replica = 0; replica < plan.count; ++replica) {
      const auto attempt = lost_attempt(draft, plan, replica, window->time, *remote.tag);
      if (!attempt) continue;
      Slot& slot = draft.edit_slot({name, replica});
      slot.occurrence = window->time;
      slot.attempts = *attempt;
      const SessionId id = create_session(draft, plan, replica, window->time, Reason::found, Cause::recovery);
      draft.adopt(id, remote.id);
      apply_reading(draft, id, {remote, answer, Reason::found, Cause::recovery});
      return true;
    }
  }
  return false;
}

std::string reported_subject(const SweepKey& key, const RemoteId& remote) {
  return key.provider.str() + " " + key.place + (key.place.empty() ? "" : " ") + remote.str();
}

// With `orphans: report`, what is found lasts until a whole list shows that it is gone.
void tell_reported(Draft& draft, const SweepKey& key, const std::vector<Stranger>& strangers, bool whole) {
  std::set<std::string> found;
  for (const Stranger& one : strangers) {
    if (!one.ours) continue;
    const std::string subject = reported_subject(key, one.remote);
    found.insert(subject);
    raise(draft, Topic::orphan_found, subject,
          "remote " + one.remote.str() + " at " + key.provider.str() +
              " is this keeper's and no session stands for it; it is left alone, as orphans: report says");
  }
  if (!whole) return;
  const std::string prefix = reported_subject(key, RemoteId{});
  for (const auto& [alert, track] : draft.world().alerts) {
    const bool here = alert.topic == Topic::orphan_found && alert.subject.starts_with(prefix);
    if (here && !found.contains(alert.subject))
      clear(draft, Topic::orphan_found, alert.subject, "it is gone");
  }
}

// What a list that is not whole leaves out may be there still.
void keep_unseen(const std::vector<Stranger>& before, const std::vector<Remote>& shown,
                 std::vector<Stranger>& strangers) {
  for (const Stranger& old : before) {
    const bool seen =
        std::any_of(shown.begin(), shown.end(), [&](const Remote& one) { return one.id == old.remote; });
    if (!seen && strangers.size() < strangers_max) strangers.push_back(old);
  }
}

void look_at(Draft& draft, const SweepKey& key, const Answer& answer) {
  const Traits* traits = draft.traits(key.provider);
  std::vector<Stranger> strangers;
  bool again = false;
  for (std::size_t i = 0; i < answer.remotes->size(); ++i) {
    const Remote& remote = (*answer.remotes)[i];
    const Verdict verdict = judge(draft, key, answer, i);
    again = again || verdict == Verdict::wait;
    if (verdict == Verdict::known || verdict == Verdict::wait) continue;
    const bool ours = verdict == Verdict::orphan;
    const auto row = row_of_remote(draft, answer, i);
    const bool may_adopt = traits->orphans == Orphans::adopt && remote.progress != Progress::ended && !row;
    if (ours && may_adopt && adopt_orphan(draft, remote, answer)) continue;
    if (ours && traits->orphans != Orphans::report) {
      stop_orphan(draft, key, remote, row);
    } else if (strangers.size() < strangers_max) {
      strangers.push_back({remote.id, remote.created_at, remote.native_status, ours});
    }
  }
  tell_reported(draft, key, strangers, answer.whole);
  note_listed(draft, key, answer);
  Sweep& sweep = draft.edit_sweep(key);
  if (!answer.whole) keep_unseen(sweep.strangers, *answer.remotes, strangers);
  sweep.strangers = std::move(strangers);
  sweep.done_at = draft.now().wall;
  sweep.last_error.clear();
  const auto spread = stable_hash(key.provider.str() + key.place, 11) % 30'000;
  const Millis wait = again ? sweep_again : sweep_every + Millis{static_cast<std::int64_t>(spread)};
  sweep.due = list_again(draft, key, answer, wait);
}

}  // namespace

void configure_sweeps(Draft& draft) {
  std::set<SweepKey> wanted;
  for (const auto& [name, traits] : draft.config().providers) {
    if (traits.can_list && !traits.one_per_place) wanted.insert({name, {}});
  }
  for (const auto& [name, plan] : draft.config().plans) {
    const Traits* traits = draft.traits(plan.provider);
    if (traits && traits->can_list && traits->one_per_place) wanted.insert({plan.provider, plan.place});
  }
  for (const auto& [key, sweep] : draft.world().sweeps) {
    if (!wanted.contains(key)) draft.edit_sweep(key) = Sweep{};
  }
  for (const SweepKey& key : wanted) {
    Sweep& sweep = draft.edit_sweep(key);
    if (!sweep.ticket && sweep.due == mono_never) sweep.due = draft.now().mono;
  }
}

void send_due_lists(Draft& draft) {
  const World& world = draft.world();
  for (auto at = world.sweep_queue.begin(); at != world.sweep_queue.end() && at->first <= draft.now().mono;
       ++at) {
    if (draft.shutting_down()) {
      draft.edit_sweep(at->second).due = mono_never;
    } else {
      send_list(draft, at->second);
    }
  }
}

void on_listed(Draft& draft, const Answer& answer) {
  const auto& sweeps = draft.world().sweeps;
  const auto found = std::find_if(sweeps.begin(), sweeps.end(),
                                  [&](const auto& one) { return one.second.ticket == answer.ticket; });
  if (found == sweeps.end()) return;
  const SweepKey key = found->first;
  draft.edit_sweep(key).ticket.reset();
  if (draft.shutting_down() || !draft.traits(key.provider)) return;
  if (answer.remotes.ok()) {
    look_at(draft, key, answer);
    return;
  }
  Sweep& sweep = draft.edit_sweep(key);
  const Error& error = answer.remotes.error();
  sweep.last_error = error.what;
  sweep.due = draft.now().mono + std::max(error.retry_after.value_or(sweep_retry), sweep_retry);
}

}  // namespace keeper
