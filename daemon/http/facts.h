// What the daemon knows of itself beyond the view: for the status listener to show, for the main program to
// fill. Plain values; any thread. Without secrets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "base/ids.h"
#include "base/time.h"
#include "base/result.h"
#include "core/event.h"
#include "core/settings.h"
#include "core/view.h"

namespace keeper {

// One condition of being ready or healthy.
struct CheckFact {
  std::string name;  // snake_case
  bool passes = true;
  std::string detail;  // why not
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

// Counted since the start of the process.
struct WebhookFacts {
  bool listening = false;
  std::string address;               // host:port, empty without a listener
  std::uint64_t received_total = 0;  // complete requests handed to verification
  std::uint64_t recorded_total = 0;
  std::uint64_t duplicate_total = 0;
  std::uint64_t held_total = 0;
  std::uint64_t ignored_total = 0;
  std::uint64_t unauthorized_total = 0;
  std::uint64_t malformed_total = 0;
  std::uint64_t refused_total = 0;  // wrong path, method, size or framing
  std::uint64_t timed_out_total = 0;
  std::uint64_t unavailable_total = 0;  // 503
  std::uint64_t evicted_total = 0;      // closed because the connections or their memory were used up
  std::int64_t connections = 0;         // open now
};

struct ProviderFacts {
  ProviderName name;
  ProviderType type;
  std::optional<RateLimit> rate_limit;
  std::optional<std::size_t> rate_left{};  // calls that may leave at once; of lanes with limits of their own, the least
};

struct DaemonFacts {
  std::string version;
  Wall started_at{};
  std::vector<CheckFact> ready;    // all must pass for /-/ready
  std::vector<CheckFact> healthy;  // all must pass for /-/healthy; empty: answering is enough
  ConfigFacts config;
  StoreFacts store;
  Millis loop_age{};  // since the loop last turned
  WebhookFacts webhook;
  std::vector<ProviderFacts> providers;  // by name
};

struct ReloadOutcome {
  bool loaded = false;
  std::string error;  // every complaint, one per line, when not loaded
};

struct StatusPorts {
  std::function<ViewPtr()> view;  // may be null before the first turn of the loop
  std::function<DaemonFacts()> facts;
  std::function<ReloadOutcome()> reload;  // waits for the outcome
  // Waits until the order is on disk: accepted, unknown or refused. Errors: storage.
  std::function<Result<Ack>(OperatorAsked)> operate;
  std::function<std::vector<prometheus::MetricFamily>()> measured;  // counters and histograms since the start
};

}  // namespace keeper
