// What a plan wants now against the sessions that it has: makes sessions, asks for ends, and sets when the
// plan must be looked at next. The same look twice at one moment changes nothing the second time. A plan that
// is not in the configuration any more ends its sessions. During a shutdown nothing is begun. Loop thread
// only; nothing here calls out.
#pragma once

#include "core/draft.h"

namespace keeper {

void reconcile_plan(Draft& draft, const PlanName& name);

}  // namespace keeper
