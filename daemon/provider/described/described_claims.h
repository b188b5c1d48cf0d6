// What a plan at a described provider hangs on that no answer of the provider proves. The function keeps no
// state, and any thread may call it.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace keeper::config {

// A phrase each, to be joined by commas: "a list taken for whole".
std::vector<std::string> described_claims(const Plan& plan, const ProviderSettings& settings);

}  // namespace keeper::config
