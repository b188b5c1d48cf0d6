// Calling: how an effect becomes calls to its provider and an answer, with what the meters and the log are
// told of it. Any thread.
#pragma once

#include "provider/provider.h"
#include "runtime/meters.h"
#include "runtime/pool.h"
#include "settings/settings.h"

namespace keeper {

// The pool's settings for one provider. `meters` outlives the pool.
PoolSettings pool_settings(const ProviderSettings& provider, const ProviderContext& context, Meters& meters);

}  // namespace keeper
