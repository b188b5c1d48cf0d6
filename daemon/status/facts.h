// What the daemon knows about itself beyond the view. The main program fills it in, and the status listener
// shows it. Plain values without secrets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/ids.h"
#include "base/monitor_facts.h"
#include "base/result.h"
#include "base/time.h"
#include "base/webhook_counters.h"
#include "core/event.h"
#include "core/preview.h"
#include "core/view.h"
#include "settings/settings.h"
#include "store/cluster.h"

namespace keeper {

// One condition of /-/ready or /-/healthy.
struct CheckFact {
  std::string name;  // snake_case
  bool passes = true;
  std::string detail;  // why it fails; empty where it passes
};

struct ConfigFacts {
  std::string path;
  std::string sha256;
  std::optional<Wall> loaded_at;
  bool last_reload_successful = true;
  std::string last_reload_error;
};

struct StoreFacts {
  std::string path;
  std::int64_t size_bytes = 0;
  std::int64_t last_seq = 0;
};

struct ProviderFacts {
  ProviderName name;
  ProviderType type;
  std::optional<RateLimit> rate_limit;
  std::optional<std::size_t>
      rate_left{};  // how many calls may be sent at once; the least, where calls have limits of their own
};

struct DaemonFacts {
  std::string version;
  Wall started_at{};
  std::vector<CheckFact> ready;    // all must pass for /-/ready
  std::vector<CheckFact> healthy;  // all must pass for /-/healthy
  ConfigFacts config;
  StoreFacts store;
  Millis loop_age{};  // since the loop last turned
  std::uint64_t log_lines_dropped = 0;
  WebhookFacts webhook;
  std::vector<ProviderFacts> providers;  // by name
  std::optional<MonitorFacts> monitor;   // where there is a dead man's switch
  std::optional<ClusterFacts> cluster;   // where the store is a database
};

struct ReloadOutcome {
  bool loaded = false;
  std::string error;         // if not loaded: every complaint, one a line
  bool unavailable = false;  // not loaded because the store cannot be written, or not loaded yet
};

struct StatusPorts {
  std::function<ViewPtr()> view;  // null before the first turn of the loop
  std::function<DaemonFacts()> facts;
  std::function<ReloadOutcome()> reload;  // waits for the outcome
  // Waits until the order is on disk, and gives accepted, unknown or refused. Errors: storage.
  std::function<Result<Ack>(OperatorAsked)> operate;
  // Asks the leader to hand over: to this node, or to any where it is empty. Does not wait for it. Null where
  // the store is a file.
  std::function<Status(const std::string& node)> switchover;
  std::function<std::vector<prometheus::MetricFamily>()> measured;  // counters and histograms since the start
  // What a reload with this text of a file of this name would do. Waits for the loop. Errors: malformed, or
  // storage.
  std::function<Result<Preview>(std::string text, const std::string& name)> preview;
};

}  // namespace keeper
