// The remotes of a scenario: what really lives at the providers, whatever the keeper believes. Calls act on
// them as at a provider: a start makes one, a heartbeat restarts its idle clock, a stop ends it, and its own
// timeouts end it too. The provider's clock is right: a step of the keeper's clock does not move it. Times
// are the boot-time clock's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/plan.h"

namespace keeper::scenario {

struct LiveRemote {
  Remote told;  // as a read shows it, but for its times
  ProviderName provider;
  std::string place;
  Mono created{};
  Mono last_activity{};
};

class Remotes {
 public:
  // `offset`: the provider's time of day minus the boot-time clock.
  void set_offset(Millis offset) { offset_ = offset; }
  Wall provider_time(Mono at) const { return Wall{at.time_since_epoch() + offset_}; }

  // A start that took effect. Its timeouts are those that the plan asks for, its tag is kept where the
  // provider keeps one.
  LiveRemote& start(const Effect& effect, const std::string& id, Progress progress, const Config& config,
                    Mono now);
  // One that nobody asked for through a call of the scenario.
  LiveRemote& appear(const ProviderName& provider, const std::string& id, Mono created);
  void end(const std::string& id, State state);
  void limit(const std::string& id, Millis maximum) { at(id).told.maximum = maximum; }
  void become(const std::string& id, Progress progress);
  void vanish(const std::string& id) { remotes_.erase(id); }

  // What the call does and what is answered to it. Starts are not carried out here.
  Result<std::vector<Remote>> carry_out(const Effect& effect, Mono now);

 private:
  LiveRemote& at(const std::string& id);  // throws std::runtime_error
  void expire(Mono now);
  Remote seen(const LiveRemote& remote) const;

  Millis offset_{};
  std::map<std::string, LiveRemote> remotes_;
};

std::optional<Progress> parse_progress(const std::string& word);

}  // namespace keeper::scenario
