// Asks each provider of a configuration whether it accepts the credentials, for `check-config --online`. It
// starts no session. A call blocks for at most the provider's request timeout. Main thread.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace keeper {

enum class Outcome {
  accepted,
  no_call,  // there is no call that would tell
  denied,
  unclear,  // the provider could not be reached, or answered something else
};

struct ProviderCheck {
  Outcome outcome = Outcome::accepted;
  std::string told;  // a line for people, without secrets
  bool works() const { return outcome == Outcome::accepted || outcome == Outcome::no_call; }
};

std::vector<ProviderCheck> check_providers(const Settings& settings);

}  // namespace keeper
