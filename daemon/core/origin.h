// Which start made a remote: by its tag, and where remotes carry none, by its time of creation. Owns the
// rules for a start whose answer was lost and for one that was given up. What was listed before a start left
// is never its remote. Where neither tag nor time decides, nobody may take the remote, nor send the start
// again. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// A list shows what was made only after this time: of real ones 1 to 3 s are known.
inline constexpr Millis list_lag = Seconds{15};

// A look-up that leaves after this shows what a start made that left at `sent` at the latest.
inline Mono shown_by(Mono sent, const Traits& traits) {
  return sent + traits.request_timeout + list_lag + Seconds{1};
}

// What an answer to `find` shows of a session's start.
struct Found {
  const Remote* remote = nullptr;  // the one that the start made; into the answer
  bool unclear = false;            // where that is null: one of the others may be it
};
Found remote_of_start(Draft& draft, const Tracked& session, const Answer& answer);

// Whether a start was answered with what somebody else had made before: the provider names another maker, and
// it was listed before the start left or is older than any start that is under way. A maker alone is no
// proof.
bool was_made_by_another(const Draft& draft, const Tracked& session, const Remote& remote,
                         const Answer& answer);

// A tag names the session whole, or where a provider cut it by at least its first 24 characters.
bool names_session(const SessionId& tag, const SessionId& session);
// The session in the memory that the tag names; null: none.
const Tracked* tagged_session(const Draft& draft, const SessionId& tag);

// The store's row of the session whose remote this is. Empty where there is none, or where it is of an
// earlier remote that had the same id.
std::optional<SessionRow> row_of_remote(const Draft& draft, const Answer& answer, std::size_t index);

// The newest start that was given up and that made the remote after all; an index into `absent_starts`.
std::optional<std::size_t> absent_start_of(const Draft& draft, const Remote& remote, const Answer& answer,
                                           const SweepKey& key);

// Remembers what a list shows.
void note_listed(Draft& draft, const SweepKey& key, const Answer& answer);

}  // namespace keeper
