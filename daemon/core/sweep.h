// The search for remotes that no session stands for: each credential, or each of its places, is listed every
// 5 minutes. A remote that is the keeper's by its tag, by its row or by a start that was given up is an
// orphan; it is stopped, taken back or reported, as the provider's `orphans` says. Any other remote is a
// stranger, which is shown and never touched. What may still become known (a start under way, an end of the
// last minute) is looked at again after 10 s. After a takeover a list follows once all that the former
// process may still start is shown. Loop thread only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

// After a load of the configuration: begins the sweeps that are new and drops those that are gone.
void configure_sweeps(Draft& draft);

// Sends the lists that are due.
void send_due_lists(Draft& draft);

// Judges what a list shows.
void on_listed(Draft& draft, const Answer& answer);

}  // namespace keeper
