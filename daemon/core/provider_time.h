// Where a provider's times lie on our boot-time clock. The `Date` of an answer tells the provider's clock at
// that moment. A cache may have kept it for hours, an edge may make one up, and our own wall clock may be
// wrong. So a `Date` is used where it agrees with what earlier answers told, and else only within 10 minutes
// of our wall clock. Without one, the provider's clock follows from earlier answers on the boot-time clock,
// for 15 minutes. Loop thread only; nothing here calls out.
//
// Example: answers said 12:00:00 at boot time 100 s, then 11:00:05 at 105 s: the second one is an hour old,
// and the provider's clock was 12:00:05.
#pragma once

#include "core/draft.h"

namespace keeper {

// When the answer came. One that waited for the store is judged by that moment and not by the one of its
// decision.
Now when_came(const Answer& answer, Now now);

// Learns the provider's clock from the answer. To be called once for each answer, before it is judged.
void note_date(Draft& draft, const Answer& answer);

// The provider's clock when the call left; empty: it cannot be told.
std::optional<Wall> provider_time(const Draft& draft, const Answer& answer);

// A provider's time on the boot-time clock, not later than when the call left. Where the provider's clock
// cannot be told, our wall clock stands in for it, which may be wrong by any amount.
Mono on_boot_clock(const Draft& draft, const Answer& answer, Wall time);

// A provider's time that is still to come, on the boot-time clock: not earlier than when the call left, and
// not later than it comes.
Mono ahead_on_our_clock(const Draft& draft, const Answer& answer, Wall time);

// When the session's last start left, at the earliest; empty: it had none, or nobody can tell any more.
// Starts before that one are known to have made nothing.
std::optional<Mono> start_left(const Tracked& session, Now now);

// When the session's remote was created. It was after its start left and before the keeper knew it, whatever
// the provider says.
Mono remote_created(const Draft& draft, const Tracked& session, const Remote& remote, const Answer& answer);

// Remembers whether the provider's times of creation are true, by a session whose start the keeper sent.
void note_creation(Draft& draft, const Tracked& session, const Remote& remote, const Answer& answer);

// A provider's `Date` has whole seconds, and the reading is older than its answer: deadlines count from the
// moment the call left, less this where no `Date` came with it.
inline constexpr Millis date_resolution = Seconds{1};

// A provider's clock and the one of its `Date` may differ by this much, whole seconds included.
inline constexpr Millis clock_margin = Seconds{10};

}  // namespace keeper
