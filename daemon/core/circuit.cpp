#include "core/circuit.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "base/hash.h"
#include "base/planted.h"
#include "core/deadlines.h"
#include "core/heartbeat_load.h"
#include "core/notices.h"

namespace keeper {
namespace {

// Calls in a row that did not get through, until no more starts are tried.
constexpr int failures_open = 5;
constexpr Millis open_first = Seconds{5};
constexpr Millis open_max = Seconds{60};
constexpr Millis probe_look = Seconds{1};
constexpr Millis asked_wait_unsaid = Seconds{60};
constexpr Millis asked_wait_min = Seconds{1};
constexpr Millis asked_wait_max = std::chrono::hours{1};
// Starts that waited for the same moment do not leave in the same instant.
constexpr std::uint64_t spread_ms = 2'000;
constexpr std::uint64_t hasten_ms = 10'000;

Millis open_for(int failures) {
  Millis wait = open_first;
  for (int i = failures_open; i < failures && wait < open_max; ++i) wait *= 2;
  return std::min(wait, open_max);
}

bool got_through(const Answer& answer) {
  if (answer.remotes.ok()) return true;
  switch (answer.remotes.error().kind) {
    case ErrorKind::gone:
    case ErrorKind::denied:
    case ErrorKind::exhausted:
      return true;
    case ErrorKind::not_applied:
    case ErrorKind::maybe_applied:
    case ErrorKind::malformed:
    case ErrorKind::storage:
    case ErrorKind::cut_off:
      return false;
  }
  check_failed("a known ErrorKind", __FILE__, __LINE__);
}

void count_failures(ProviderTrack& track, bool through, Mono now) {
  if (through) {
    track.failures = 0;
    if (!track.exhausted) track.starts_from = Mono{};
    return;
  }
  ++track.failures;
  // Reads that go on failing must not delay the start that probes.
  const bool opens = track.failures >= failures_open && now >= track.starts_from;
  if (opens && !track.exhausted) track.starts_from = now + open_for(track.failures);
}

// A start that may have been applied is looked up at once; only the next one waits.
bool asks_to_wait(const Error& error) {
  return error.kind == ErrorKind::exhausted || (error.kind == ErrorKind::maybe_applied && error.retry_after);
}

// A provider is told to be down from the moment at which starts are blocked until a call gets through.
void tell_provider(Draft& draft, const ProviderName& name, const ProviderTrack& track) {
  const std::string& subject = name.str();
  if (track.failures >= failures_open) {
    raise(draft, Topic::provider_down, subject,
          "provider " + subject + " does not answer: " + track.last_error +
              "; starts wait, heartbeats and stops go on");
  } else if (track.failures == 0 && is_raised(draft, Topic::provider_down, subject)) {
    clear(draft, Topic::provider_down, subject, "provider " + subject + " answers again");
  }
}

// The provider answers again: what waited for its next try does not wait on, but not all in one moment.
void hasten_calls(Draft& draft, const ProviderName& provider) {
  const Mono now = draft.now().mono;
  for (const auto& [id, known] : draft.world().sessions) {
    if (known.row.provider != provider || known.tries == 0 || known.flight) continue;
    const Mono soon = now + Millis{static_cast<Millis::rep>(stable_hash(id.str(), 23) % hasten_ms)};
    if (known.call_at <= soon) continue;
    hasten_call(draft.edit(id), soon);
    draft.wake_session(id);
  }
}

bool waits_for_start(const Draft& draft, const SessionRow& row, const ProviderName& provider) {
  if (row.provider != provider || row.state != State::queued || row.ending || row.remote_id) return false;
  return !row.start_sent_at && draft.find(row.id)->call_at > draft.now().mono;
}

// The oldest start that waits at this provider, or this one.
void hasten_start(Draft& draft, const ProviderName& provider, const std::optional<SessionId>& first) {
  const SessionRow* next = nullptr;
  draft.each_session([&](const SessionRow& row) {
    if (!waits_for_start(draft, row, provider)) return;
    const bool before =
        !next || row.id == first ||
        (next->id != first && std::tie(row.created_at, row.id) < std::tie(next->created_at, next->id));
    if (before) next = &row;
  });
  if (!next) {
    draft.edit_provider(provider).starts_wait = false;
    return;
  }
  const SessionId id = next->id;
  hasten_call(draft.edit(id), draft.now().mono);
  draft.wake_session(id);
}

}  // namespace

Millis asked_wait(const Error& error) {
  return std::clamp(error.retry_after.value_or(asked_wait_unsaid), asked_wait_min, asked_wait_max);
}

void note_room(Draft& draft, const SessionRow& ended) {
  if (!draft.provider(ended.provider).starts_wait) return;
  ProviderTrack& track = draft.edit_provider(ended.provider);
  if (track.exhausted) track.starts_from = Mono{};
  track.exhausted = false;
  const bool taken_again = ended.reason == Reason::superseded && !ended.successor;
  if (!taken_again) hasten_start(draft, ended.provider, ended.successor);
}

void note_provider(Draft& draft, const Answer& answer) {
  if (!draft.traits(answer.provider)) return;
  const Mono now = draft.now().mono;
  ProviderTrack& track = draft.edit_provider(answer.provider);
  if (track.probe == answer.session) track.probe.reset();
  if (answer.held_back) return;
  const bool good = answer.remotes.ok() || answer.remotes.error().kind == ErrorKind::gone;
  track.healthy = good;
  track.last_error = good ? std::string{} : answer.remotes.error().what;
  track.denied = !good && answer.remotes.error().credentials;
  // A call that could not leave this machine says nothing of the provider.
  track.cut_off = !answer.remotes.ok() && answer.remotes.error().kind == ErrorKind::cut_off;
  if (track.cut_off && !planted(Bug::blind_route)) return;
  if (track.exhausted && now >= track.starts_from) track.exhausted = false;
  note_call_time(draft, answer);
  const bool start = answer.kind == EffectKind::start;
  if (start && good) track.exhausted = false;
  const bool was_open = track.failures >= failures_open;
  count_failures(track, got_through(answer), now);
  tell_provider(draft, answer.provider, track);
  if (was_open && track.failures == 0) hasten_calls(draft, answer.provider);
  if (start && good && track.starts_wait) hasten_start(draft, answer.provider, std::nullopt);
  if (start && !good && !planted(Bug::no_backpressure) && asks_to_wait(answer.remotes.error())) {
    track.starts_from = now + asked_wait(answer.remotes.error());
    track.exhausted = true;
    track.starts_wait = true;
  }
}

bool is_out_of_reach(const ProviderTrack& track) { return track.cut_off || track.failures >= failures_open; }

std::optional<StartBlock> provider_block(const ProviderName& name, const ProviderTrack& track, Now now) {
  const std::string who = "provider " + name.str();
  const std::string error = track.last_error.empty() ? "" : ": " + track.last_error;
  if (now.mono < track.starts_from) {
    const std::string why =
        track.exhausted ? " says that a rate or an allowance is used up" : " does not answer";
    return StartBlock{who + why + error, now.wall + (track.starts_from - now.mono)};
  }
  if (track.cut_off) return StartBlock{"there is no route to " + who + error, std::nullopt};
  if (track.failures >= failures_open) return StartBlock{who + " does not answer" + error, std::nullopt};
  if (track.denied) return StartBlock{who + " refuses the credentials" + error, std::nullopt};
  return std::nullopt;
}

std::optional<Mono> start_blocked_until(Draft& draft, const SessionRow& row) {
  if (planted(Bug::no_circuit)) return std::nullopt;
  const Mono now = draft.now().mono;
  const ProviderTrack& track = draft.provider(row.provider);
  const Millis spread{static_cast<std::int64_t>(stable_hash(row.id.str(), 13) % spread_ms)};
  if (now < track.starts_from) return track.starts_from + spread;
  if (track.failures < failures_open) return std::nullopt;
  if (track.probe && *track.probe != row.id && draft.find(*track.probe)) return now + probe_look + spread;
  draft.edit_provider(row.provider).probe = row.id;
  return std::nullopt;
}

}  // namespace keeper
