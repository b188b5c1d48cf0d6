// Meters: counters and histograms of what happened since the process began, in Prometheus's form. Any thread
// may use them, and none waits. No label is an id, because the number of ids has no bound.
#pragma once

#include <chrono>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "core/effect.h"
#include "core/event.h"
#include "core/plan.h"

namespace keeper {

class Meters {
 public:
  using Time = std::chrono::duration<double>;  // seconds

  Meters();
  Meters(const Meters&) = delete;
  Meters& operator=(const Meters&) = delete;

  void called(const ProviderName& provider, EffectKind kind, const Result<std::vector<Remote>>& answer,
              Time took);
  // A call that only the leader may make was not made.
  void held_back(const ProviderName& provider, EffectKind kind);
  void start_left(Time late) { start_lateness_.Observe(late.count()); }
  // `left`: how long before the session would have died the heartbeat was answered.
  void kept_alive(Time left) { heartbeat_margin_.Observe(left.count()); }
  void committed(const Batch& batch, const Config& config, Time took);
  void turned(Time took) { loop_turn_.Observe(took.count()); }
  void acknowledged(Time took) { acknowledgement_.Observe(took.count()); }

  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

 private:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  Counters& counters(const char* name, const char* help);
  Histograms& histograms(const char* name, const char* help);
  void ended(const SessionRow& row, const Config& config);

  prometheus::Registry registry_;
  Counters& transitions_;
  Counters& deliveries_;
  Counters& calls_;
  Counters& fenced_;
  Counters& lived_;
  Counters& cost_;
  Histograms& call_time_;
  prometheus::Histogram& start_lateness_;
  prometheus::Histogram& heartbeat_margin_;
  prometheus::Histogram& commit_time_;
  prometheus::Histogram& loop_turn_;
  prometheus::Histogram& acknowledgement_;
};

}  // namespace keeper
