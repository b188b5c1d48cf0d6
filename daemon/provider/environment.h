// The variables of `session.env`: each ${NAME} in a value is replaced when a session starts, so that the
// store never holds the secret. The function keeps no state, and any thread may call it.
#pragma once

#include <string>
#include <vector>

#include "provider/answer_json.h"
#include "provider/provider.h"

namespace keeper {

// Replaces each ${NAME} in the string values of `env`, an object. What was put in is added to `secrets`.
// Errors: denied, for a variable that is not set.
Status resolve_environment(const ProviderContext& context, Json* env, std::vector<std::string>* secrets);

}  // namespace keeper
