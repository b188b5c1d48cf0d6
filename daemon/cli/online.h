// Whether the providers of a configuration accept its credentials. Main thread; blocks for at most the
// request timeout of each.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace keeper {

// unclear: it could not be asked, or answered something else.
enum class Outcome { accepted, no_call, denied, unclear };

struct ProviderCheck {
  Outcome outcome = Outcome::accepted;
  std::string told;  // a line for people, without secrets
  bool works() const { return outcome == Outcome::accepted || outcome == Outcome::no_call; }
};

std::vector<ProviderCheck> check_providers(const Settings& settings);

}  // namespace keeper
