#include "core/heartbeat_load.h"

#include <algorithm>

#include "base/hash.h"
#include "base/planted.h"
#include "core/notices.h"

namespace keeper {
namespace {

constexpr Millis beat_assumed = Seconds{1};
constexpr Millis idle_assumed = std::chrono::minutes{3};
// The rest is for heartbeats that are repeated, reads, starts and stops.
constexpr double share_for_beats = 0.5;
constexpr Millis keeping_look = Seconds{5};
constexpr std::uint64_t hold_spread_ms = 2'000;

// How often a session of the plan would be kept alive; empty: it needs no heartbeats.
std::optional<Millis> beats_every(const Draft& draft, const Plan& plan) {
  const Traits* traits = draft.traits(plan.provider);
  if (!traits || !traits->has_heartbeat || !plan.keep_alive.heartbeat) return std::nullopt;
  const Millis idle = traits->extension ? traits->extension->by : plan.idle_timeout.value_or(idle_assumed);
  return plan.keep_alive.heartbeat_every.value_or(idle / 3);
}

// Likewise one that lives or whose start may have left.
std::optional<Millis> beats_every(const Draft& draft, const Tracked& session) {
  if (session.beat_at) return session.beat_every;
  const SessionRow& row = session.row;
  const Plan* plan = draft.plan(row.plan);
  const bool is_read = row.remote_id && !(plan && plan->idle_timeout);
  if (!plan || is_read || !(row.remote_id || row.start_sent_at)) return std::nullopt;
  return beats_every(draft, *plan);
}

// Less than half of the time is left that a heartbeat has to succeed.
bool is_late(const Tracked& session, Mono now) {
  if (!session.beat_at || !session.idle_at || session.beat_every >= session.idle) return false;
  return *session.idle_at - now < (session.idle - session.beat_every) / 2;
}

// Before any was seen: as long as other calls take.
Millis beat_takes(const ProviderTrack& track) {
  return track.beat_took.value_or(std::min(track.call_took.value_or(beat_assumed), beat_assumed));
}

double part_of(Millis took, Millis every) {
  return static_cast<double>(took.count()) / static_cast<double>(std::max<Millis::rep>(every.count(), 1));
}

const KeepLoad& load_of(Draft& draft, const ProviderName& provider) {
  if (const KeepLoad* known = draft.known_load(provider)) return *known;
  const Millis took = beat_takes(draft.provider(provider));
  KeepLoad load;
  draft.each_tracked([&](const Tracked& session) {
    const SessionRow& row = session.row;
    if (row.provider != provider || row.ending || is_terminal(row.state)) return;
    if (is_late(session, draft.now().mono)) ++load.late;
    if (const auto every = beats_every(draft, session)) {
      ++load.sessions;
      load.calls += part_of(took, *every);
    }
  });
  return draft.remember_load(provider, load);
}

std::string calls_text(int calls) { return calls == 1 ? "one call" : std::to_string(calls) + " calls"; }

bool has_living_predecessor(const Draft& draft, const SessionRow& row) {
  const Tracked* old = row.predecessor ? draft.find(*row.predecessor) : nullptr;
  return old && old->row.state == State::active && !old->row.ending;
}

bool waits_to_start(const SessionRow& row, const ProviderName& provider) {
  return row.provider == provider && row.state == State::queued && !row.ending && !row.remote_id &&
         !row.start_sent_at;
}

void tell_in_time(Draft& draft, const ProviderName& provider) {
  clear(draft, Topic::keeping_behind, provider.str(),
        "heartbeats at provider " + provider.str() + " leave room for starts again");
}

}  // namespace

std::optional<StartBlock> keeping_block(Draft& draft, const Plan& plan, bool successor) {
  const auto every = beats_every(draft, plan);
  const Traits* traits = draft.traits(plan.provider);
  if (!every || !traits || planted(Bug::starts_beyond_keeping)) return std::nullopt;
  const KeepLoad& load = load_of(draft, plan.provider);
  const std::string who = "provider " + plan.provider.str();
  if (load.late > 0) {
    return StartBlock{"heartbeats at " + who + " are late (" + std::to_string(load.late) +
                          "), so that nothing more is started there",
                      std::nullopt};
  }
  const Millis took = beat_takes(draft.provider(plan.provider));
  const double calls = load.calls + part_of(took, *every);
  if (successor || load.sessions == 0 || calls <= share_for_beats * traits->max_concurrent)
    return std::nullopt;
  return StartBlock{who + " is given no more sessions than " + calls_text(traits->max_concurrent) +
                        " at once can keep alive (max_concurrent; a heartbeat takes " + to_text(took) + ")",
                    std::nullopt};
}

std::optional<Mono> held_for_keeping(Draft& draft, const Tracked& session) {
  const Plan* plan = draft.plan(session.row.plan);
  if (!plan) return std::nullopt;
  const ProviderName& provider = session.row.provider;
  const bool successor = has_living_predecessor(draft, session.row);
  const auto block = keeping_block(draft, *plan, successor);
  if (!block) {
    if (const auto every = beats_every(draft, *plan); every && !successor) {
      KeepLoad load = load_of(draft, provider);
      ++load.sessions;
      load.calls += part_of(beat_takes(draft.provider(provider)), *every);
      draft.remember_load(provider, load);
    }
    return std::nullopt;
  }
  raise(draft, Topic::keeping_behind, provider.str(), block->why);
  const Millis spread{static_cast<std::int64_t>(stable_hash(session.row.id.str(), 29) % hold_spread_ms)};
  return draft.now().mono + keeping_look + spread;
}

void note_call_time(Draft& draft, const Answer& answer) {
  // A call that did not leave took no time.
  const bool left = answer.remotes.ok() || (answer.remotes.error().kind != ErrorKind::exhausted &&
                                            answer.remotes.error().kind != ErrorKind::cut_off);
  if (!left) return;
  const Millis took = std::max(draft.now().mono - answer.sent_at, Millis{1});
  ProviderTrack& track = draft.edit_provider(answer.provider);
  // One that fails at once says nothing of how long those take that are carried out.
  if (!answer.remotes.ok() && took < beat_takes(track)) return;
  if (answer.kind == EffectKind::keep_alive) {
    track.beat_took = track.beat_took ? (*track.beat_took * 3 + took) / 4 : took;
  } else if (!track.beat_took) {
    track.call_took = took;
  }
}

void end_idle_alert(Draft& draft, const ProviderName& provider) {
  if (!is_raised(draft, Topic::keeping_behind, provider.str())) return;
  bool waits = false;
  draft.each_tracked([&](const Tracked& session) { waits = waits || waits_to_start(session.row, provider); });
  if (!waits) tell_in_time(draft, provider);
}

}  // namespace keeper
