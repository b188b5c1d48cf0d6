// The credentials of one provider: what no error, row, log line or trace may show, whoever sends it back.
// Whatever takes credentials out of a text asks here which there are. A Secret that is added to
// ProviderSettings is added here as well, unless nothing that the provider is sent is made of it. Any
// thread; no state.
#pragma once

#include <vector>

#include "base/secret.h"
#include "settings/settings.h"

namespace keeper {

// Each also in the form that it has in a URL's query. Of two the longer one comes first, so that nothing is
// left of it where the shorter one is a part of it. None is shorter than 4 characters: such a one is no
// secret, and would take ordinary words out.
std::vector<Secret> credentials_of(const ProviderSettings& settings);

}  // namespace keeper
