// Calling: how an effect becomes calls to its provider and an answer, with what the meters and the log are
// told of it. Any thread.
#pragma once

#include "core/plan.h"
#include "provider/provider.h"
#include "runtime/meters.h"
#include "runtime/pool.h"
#include "settings/settings.h"

namespace keeper {

// The pool's settings for one provider. `meters` outlives the pool.
PoolSettings pool_settings(const ProviderSettings& provider, const Traits& traits,
                           const ProviderContext& context, Meters& meters);

// A fenced call was held back; see Answer::held_back.
void tell_held_back(const Answer& answer, Meters& meters);

}  // namespace keeper
