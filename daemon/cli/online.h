// What a configuration names outside this machine, for `check-config --online`: whether each provider accepts
// the credentials, and what the database of the store is fit for. It starts no session and changes nothing. A
// call blocks for at most the provider's request timeout. Main thread.
#pragma once

#include <string>
#include <vector>

#include "settings/settings.h"

namespace keeper {

enum class Outcome {
  accepted,
  no_call,  // there is no call that would tell
  denied,
  unclear,  // it could not be reached, or answered something else
};

struct OnlineCheck {
  Outcome outcome = Outcome::accepted;
  std::string told;  // a line for people, without secrets
  bool works() const { return outcome == Outcome::accepted || outcome == Outcome::no_call; }
};

std::vector<OnlineCheck> check_online(const Settings& settings);

}  // namespace keeper
