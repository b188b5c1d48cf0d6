#include "core/settle.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted.h"
#include "core/budget.h"
#include "core/circuit.h"
#include "core/condition.h"
#include "core/deadlines.h"
#include "core/former_start.h"
#include "core/heartbeat_load.h"
#include "core/lifecycle.h"
#include "core/lost_start.h"
#include "core/rollover.h"

namespace keeper {
namespace {

// The stop goes on being asked for; from here on it shows.
void apply_stop_timeout(Draft& draft, Tracked& session) {
  if (!session.row.ending || is_terminal(session.row.state)) return;
  const Plan* plan = draft.plan(session.row.plan);
  const Millis limit = plan ? plan->stop_timeout : draft.config().stop_timeout;
  arm_stop_timeout(session, draft.now().mono, limit);
  if (draft.now().mono < *session.stop_by || planted(Bug::quiet_stop)) return;
  const std::string why =
      session.row.last_error.empty() ? "the provider still shows it" : session.row.last_error;
  constexpr std::string_view overdue = "not ended within stop_timeout";
  if (why.starts_with(overdue)) return;
  session.row.last_error = std::string(overdue) + " (" + to_text(limit) + "), and asked again: " + why;
}

// A call that answers in the ordinary way has this time at the least.
constexpr Millis call_min = Seconds{5};

// A session has one call under way, so that one which hangs must not use up the time of the next heartbeat: a
// third of what is left for it.
std::optional<Mono> answer_by(const Tracked& session, EffectKind kind, Mono now) {
  const bool watches = kind == EffectKind::observe || kind == EffectKind::keep_alive;
  if (!watches || !session.beat_at || !session.idle_at || session.row.ending) return std::nullopt;
  const Mono from = std::max<Mono>(*session.beat_at, now);
  return std::max<Mono>(from + (*session.idle_at - from) / 3, now + call_min);
}

void apply_deadlines(Draft& draft, Tracked& session, const Traits& traits) {
  const Mono now = draft.now().mono;
  apply_stop_timeout(draft, session);
  if (session.row.ending || is_terminal(session.row.state)) return;
  const SessionId& id = session.row.id;
  // While the provider is out of reach, nobody can look up what the start came to. Its time begins when they
  // can.
  const Plan* plan = draft.plan(session.row.plan);
  if (plan && session.start_by && !session.row.remote_id &&
      is_out_of_reach(draft.provider(session.row.provider))) {
    extend_start_timeout(session, now, plan->start_timeout);
  }
  if (const auto passed = passed_deadline(session, traits, now)) {
    ask_end(draft, id, State::timed_out, *passed, Cause::deadline);
  }
}

void send(Draft& draft, Tracked& session, EffectKind kind) {
  Effect effect;
  effect.kind = kind;
  effect.ticket = draft.next_ticket();
  effect.session = session.row.id;
  effect.instance = draft.world().instance;
  effect.plan = session.row.plan;
  effect.provider = session.row.provider;
  if (session.row.remote_id) effect.remote = *session.row.remote_id;
  effect.place = session.row.place;
  effect.parameters = session.row.parameters;
  effect.cancel = session.row.ending && session.row.ending->cancel;
  const Mono now = draft.now().mono;
  effect.answer_by = answer_by(session, kind, now);
  effect.needed_by = kind == EffectKind::keep_alive && session.idle_at ? *session.idle_at
                     : kind == EffectKind::stop                        ? now
                                                : effect.answer_by.value_or(now + std::chrono::minutes{1});
  session.flight = Flight{kind, effect.ticket, draft.now().mono};
  draft.effect(std::move(effect));
}

// Sends the session's start, or blocks it. The row says that a start may have left before it leaves. Returns
// false while another start occupies the scope.
bool begin_start(Draft& draft, Tracked& session) {
  const Plan* plan = draft.plan(session.row.plan);
  const std::string key = scope_of(session.row, draft.traits(session.row.provider));
  if (!key.empty()) {
    const Scope& scope = draft.scope(key);
    const bool mine = scope.holders.size() == 1 && scope.holders.contains(session.row.id);
    if (!scope.holders.empty() && !mine) {
      if (std::find(scope.waiting.begin(), scope.waiting.end(), session.row.id) == scope.waiting.end()) {
        draft.edit_scope(key).waiting.push_back(session.row.id);
      }
      if (const auto from = former_start_until(draft, session); from && plan)
        extend_start_timeout(session, *from, plan->start_timeout);
      return false;
    }
    Scope& edited = draft.edit_scope(key);
    std::erase(edited.waiting, session.row.id);
    edited.holders.insert(session.row.id);
  }
  if (const auto block = budget_block(draft, session.row)) {
    session.row.last_error = block->why;
    release_scope(draft, session.row.id);
    block_start(session, on_mono(*block, draft.now()), plan);
    return true;
  }
  auto until = held_for_keeping(draft, session);
  if (!until) until = start_blocked_until(draft, session.row);
  if (until) {
    release_scope(draft, session.row.id);
    block_start(session, *until, plan);
    if (draft.provider(session.row.provider).exhausted) note_no_room(draft, session.row.id);
    return true;
  }
  // It may have been blocked for less time than was expected: from here on start_timeout is enough.
  if (plan) cut_start_timeout(session, draft.now().mono, plan->start_timeout);
  if (!planted(Bug::no_intent)) session.row.start_sent_at = draft.now().wall;
  session.row.start_sent_mono = draft.now().mono;
  session.row.start_sent_by_mono.reset();
  end_idle_alert(draft, session.row.provider);
  session.start_sent = draft.now().mono;
  session.sent_before = false;
  session.life = plan ? life_unattended(*plan) : std::nullopt;
  session.absent_reads = 0;
  send(draft, session, EffectKind::start);
  return true;
}

// The next call of a session without a remote id; true if it waits for another session's start.
bool call_without_remote(Draft& draft, Tracked& session, const Traits& traits) {
  doubt_start(draft, session);
  if (session.row.start_sent_at) {
    if (traits.can_find) {
      send(draft, session, EffectKind::find);
      return false;
    }
    const Mono until = start_over_at(draft, session);
    if (draft.now().mono < until) {
      note_sender_gone(session);
      tell_lost_start(draft, session.row.id,
                      "provider " + session.row.provider.str() + " has no list to look it up in");
      wait_out_start(session, std::min(until, draft.now().mono + std::chrono::hours{1}));
      return false;
    }
    session.row.start_sent_at.reset();
    release_scope(draft, session.row.id);
  }
  if (session.row.ending) {
    end_as_asked(draft, session.row.id);
    return false;
  }
  if (draft.shutting_down()) return true;
  return !begin_start(draft, session);
}

void call_with_remote(Draft& draft, Tracked& session, const Traits& traits) {
  if (session.is_over) {
    if (!traits.has_cleanup) return leave(draft, session.row.id);
    send(draft, session, EffectKind::cleanup);
  } else if (session.row.ending) {
    send(draft, session, EffectKind::stop);
  } else if (!is_terminal(session.row.state) && session.beat_at && draft.now().mono >= *session.beat_at) {
    send(draft, session, planted(Bug::deaf_heartbeat) ? EffectKind::observe : EffectKind::keep_alive);
  } else {
    send(draft, session, EffectKind::observe);
  }
}

// The earliest moment at which the session needs a look; mono_never while an answer is under way.
Mono due_of(Draft& draft, const Tracked& session, const Traits& traits, bool waits) {
  if (session.flight || session.row.resolved) return mono_never;
  if (planted(Bug::spinner)) return draft.now().mono;
  Mono due = waits ? mono_never : session.call_at;
  if (session.stop_by && draft.now().mono < *session.stop_by) due = std::min<Mono>(due, *session.stop_by);
  if (!session.row.ending && !is_terminal(session.row.state)) {
    due = std::min(due, overdue_at(session, traits));
    const bool may_roll = session.row.state == State::active && !draft.shutting_down();
    if (session.rollover_at && may_roll) due = std::min(due, *session.rollover_at);
  }
  return due;
}

}  // namespace

void settle(Draft& draft, const SessionId& id) {
  if (!draft.find(id) || draft.find(id)->row.resolved) return;
  Tracked& session = draft.edit(id);
  const Traits* traits = draft.traits(session.row.provider);
  bool waits = false;
  if (!traits) {
    session.row.last_error =
        "provider " + session.row.provider.str() +
        " is not in the configuration any more, so its remote cannot be reached; add it again";
  } else if (!session.flight) {
    apply_deadlines(draft, session, *traits);
    maybe_roll_over(draft, session);
    if (draft.now().mono >= session.call_at) {
      if (session.row.remote_id) {
        call_with_remote(draft, session, *traits);
      } else {
        waits = call_without_remote(draft, session, *traits);
      }
    }
  }
  look_again(session, traits && !planted(Bug::sleeper) ? due_of(draft, session, *traits, waits) : mono_never);
}

}  // namespace keeper
