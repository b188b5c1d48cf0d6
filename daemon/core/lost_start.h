// A start whose answer was lost and that nobody can look up: its provider has no list, the list was not shown
// to be whole, or neither tag nor time tells which remote is its. It is waited out until its remote is over.
// It is never sent again before that, because two would live. Loop thread only; nothing here calls out.
//
// Example: a plan has `max_duration: 4h` and no idle timeout, its provider no list, and the start left at
// 09:00. The plan is blocked until 13:00:35.
#pragma once

#include "core/draft.h"

namespace keeper {

// How long a remote of the plan lives if nobody keeps it: until its idle timeout or its provider's maximum,
// else until the plan's max_duration. Empty: nothing ends it.
std::optional<Millis> life_unattended(const Plan& plan);

// A start that an earlier process sent left before this process began, which the next one is to know.
void note_sender_gone(Tracked& session);

// When the remote that the session's start may have made is over; mono_never: nobody can tell.
Mono start_over_at(const Draft& draft, const Tracked& session);

// Says so once, in the log, to the targets and in the session's error. `why`: a clause.
void tell_lost_start(Draft& draft, const SessionId& id, const std::string& why);

// Why the plan of such a session may start nothing else, and until when; empty: the session is not such a
// one.
struct LostStart {
  std::string why;
  std::optional<Wall> until;
};
std::optional<LostStart> lost_start_of(const Draft& draft, const Tracked& session);

// An operator who ends a session whose end nobody can tell says that its remote is gone.
void believe_operator(Draft& draft, const SessionId& id);

}  // namespace keeper
