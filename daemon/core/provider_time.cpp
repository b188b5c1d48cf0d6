#include "core/provider_time.h"

#include <algorithm>

#include "base/planted.h"

namespace keeper {
namespace {

constexpr Millis beyond_reason = std::chrono::minutes{10};
constexpr Millis remembered = std::chrono::minutes{15};

// What an answer's `Date` comes to.
struct Dated {
  std::optional<Wall> there;    // the provider's clock when the call left
  std::optional<Millis> ahead;  // the same less the boot-time clock, at least
  bool agrees = false;          // the `Date` is used
};

// The provider wrote the `Date` after the call left and before its answer came, so that the true distance of
// the clocks lies between two bounds. A `Date` that was kept is only ever too old.
Dated dated(const ProviderTrack& track, const Answer& answer, Now now) {
  Dated judged;
  if (track.clock_ahead && now.mono - track.clock_seen < remembered) {
    judged.ahead = track.clock_ahead;
    judged.there = Wall{answer.sent_at.time_since_epoch() + *judged.ahead};
  }
  if (planted(Bug::believes_own_clock)) return {now.wall - (now.mono - answer.sent_at), std::nullopt, false};
  if (planted(Bug::believes_date)) return {answer.provider_now, std::nullopt, false};
  if (!answer.provider_now) return judged;
  const Millis least = answer.provider_now->time_since_epoch() - now.mono.time_since_epoch();
  const Millis most = answer.provider_now->time_since_epoch() - answer.sent_at.time_since_epoch();
  const bool is_old = judged.ahead && most < *judged.ahead - clock_margin;
  const bool is_new = judged.ahead && least > *judged.ahead + clock_margin;
  const bool confirmed = judged.ahead && !is_old && !is_new;
  const bool in_reason = std::chrono::abs(*answer.provider_now - now.wall) <= beyond_reason;
  if (!confirmed && (is_old || !in_reason)) return judged;
  judged.ahead = confirmed ? std::max(*judged.ahead, least) : least;
  judged.there = answer.provider_now;
  judged.agrees = true;
  return judged;
}

}  // namespace

Now when_came(const Answer& answer, Now now) {
  const Mono came = answer.came_at.value_or(now.mono);
  return {now.wall - (now.mono - came), came};
}

void note_date(Draft& draft, const Answer& answer) {
  const Now came = when_came(answer, draft.now());
  const Dated judged = dated(draft.provider(answer.provider), answer, came);
  if (!judged.agrees) return;
  ProviderTrack& track = draft.edit_provider(answer.provider);
  track.clock_ahead = judged.ahead;
  track.clock_seen = came.mono;
}

std::optional<Wall> provider_time(const Draft& draft, const Answer& answer) {
  return dated(draft.provider(answer.provider), answer, when_came(answer, draft.now())).there;
}

Mono on_boot_clock(const Draft& draft, const Answer& answer, Wall time) {
  const auto told = provider_time(draft, answer);
  const Millis age = std::max(told.value_or(when_came(answer, draft.now()).wall) - time, Millis{0});
  return answer.sent_at - age - (told && told == answer.provider_now ? Millis{0} : date_resolution);
}

Mono ahead_on_our_clock(const Draft& draft, const Answer& answer, Wall time) {
  const Wall there = provider_time(draft, answer).value_or(draft.now().wall);
  return answer.sent_at + std::max(time - there - date_resolution, Millis{0});
}

std::optional<Mono> start_left(const Tracked& session, Now now) {
  if (!session.row.start_sent_at) return std::nullopt;
  if (session.row.start_sent_mono) return session.row.start_sent_mono;
  // The machine was rebooted since, so that our wall clock is all that tells.
  const Millis ago = now.wall - *session.row.start_sent_at;
  return ago >= Millis{0} ? std::optional(now.mono - ago) : std::nullopt;
}

namespace {

// Whether the wall clock was set since the start left, as far as the boot-time clock can tell.
bool was_set_since(const SessionRow& row, Now now) {
  if (!row.start_sent_at || !row.start_sent_mono) return false;
  const Millis then = row.start_sent_at->time_since_epoch() - row.start_sent_mono->time_since_epoch();
  return std::chrono::abs(now.wall.time_since_epoch() - now.mono.time_since_epoch() - then) > clock_margin;
}

// When the keeper knew the remote at the latest. What another process knew is told by its rows.
Mono known_by(const Tracked& session, Mono left) {
  const SessionRow& row = session.row;
  if (!session.sent_before || !row.active_at || *row.active_at < *row.start_sent_at) return session.known_at;
  return std::min(session.known_at, left + (*row.active_at - *row.start_sent_at));
}

}  // namespace

Mono remote_created(const Draft& draft, const Tracked& session, const Remote& remote, const Answer& answer) {
  const auto left = start_left(session, draft.now());
  if (!remote.created_at) return left.value_or(session.known_at);
  const Mono told = on_boot_clock(draft, answer, *remote.created_at);
  if (planted(Bug::believes_creation)) return told;
  if (!left) return std::min(told, session.known_at);
  // Neither clock tells, and when another process came to know the remote is a time of the wall clock too.
  const bool blind = was_set_since(session.row, draft.now()) && !provider_time(draft, answer);
  if (session.sent_before && blind) return *left;
  // That cannot be: of several starts, the last one made it as far as is known.
  if (told < *left - clock_margin) return session.sent_before ? *left : session.start_sent;
  return std::clamp(told, *left, std::max(*left, known_by(session, *left)));
}

void note_creation(Draft& draft, const Tracked& session, const Remote& remote, const Answer& answer) {
  const bool exact = !session.sent_before || session.row.start_sent_mono;
  const auto left = start_left(session, draft.now());
  const auto there = provider_time(draft, answer);
  if (!exact || !left || !there || !remote.created_at) return;
  // The provider's clock was read at some time between the call and its answer.
  const Millis age = *there - *remote.created_at;
  // A start of an earlier process may have made it.
  const Now now = when_came(answer, draft.now());
  const Mono oldest = std::min(*left, now.mono - (now.wall - session.row.created_at));
  const bool possible =
      now.mono - age >= oldest - clock_margin && answer.sent_at - age <= session.known_at + clock_margin;
  CreationTimes& times = draft.edit_provider(session.row.provider).creation_times;
  if (!possible) {
    times = CreationTimes::wrong;
  } else if (times == CreationTimes::untested) {
    times = CreationTimes::right;
  }
}

}  // namespace keeper
