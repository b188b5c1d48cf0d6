// What the webhook listener counts, in one table that the listener, /metrics and /api/v1/status walk. A new
// counter needs an enumerator and a row here, the place that counts it, and a member in openapi.json. Plain
// values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keeper {

enum class WebhookCounter {
  received,  // a complete request, whose signature is to be verified
  recorded,  // 200, as are the three after it
  duplicate,
  held,
  ignored,
  unauthorized,  // 401
  malformed,     // 400, of a delivery whose signature was good
  refused,       // for its path, method, size or framing
  timed_out,     // 408
  unavailable,   // 503
  evicted        // a connection that was closed because the connections or their memory were used up
};

struct WebhookCounterRow {
  WebhookCounter counter;
  std::string_view name;  // in the API with "_total" after it
  std::string_view help;  // of the metric webhook_<name>_total; empty: an outcome of webhook_answers_total
};

// In the order of the enumeration. The outcomes stand together, since they are the samples of one metric.
inline constexpr std::array webhook_counters{
    WebhookCounterRow{WebhookCounter::received, "received",
                      "Complete requests that were handed to verification."},
    WebhookCounterRow{WebhookCounter::recorded, "recorded", {}},
    WebhookCounterRow{WebhookCounter::duplicate, "duplicate", {}},
    WebhookCounterRow{WebhookCounter::held, "held", {}},
    WebhookCounterRow{WebhookCounter::ignored, "ignored", {}},
    WebhookCounterRow{WebhookCounter::unauthorized, "unauthorized", {}},
    WebhookCounterRow{WebhookCounter::malformed, "malformed", {}},
    WebhookCounterRow{WebhookCounter::refused, "refused", {}},
    WebhookCounterRow{WebhookCounter::timed_out, "timed_out", {}},
    WebhookCounterRow{WebhookCounter::unavailable, "unavailable", {}},
    WebhookCounterRow{WebhookCounter::evicted, "evicted", "Connections closed because there were too many."},
};

constexpr std::size_t index_of(WebhookCounter counter) { return static_cast<std::size_t>(counter); }

static_assert(
    [] {
      std::size_t groups_of_outcomes = 0;
      for (std::size_t i = 0; i < webhook_counters.size(); ++i) {
        const WebhookCounterRow& row = webhook_counters[i];
        if (index_of(row.counter) != i) return false;
        if (row.help.empty() && (i == 0 || !webhook_counters[i - 1].help.empty())) ++groups_of_outcomes;
      }
      return groups_of_outcomes == 1;
    }(),
    "a row for each counter in its order, and the outcomes together");

struct WebhookFacts {
  bool listening = false;
  std::string address;                                          // host:port; empty without a listener
  std::array<std::uint64_t, webhook_counters.size()> counts{};  // since the start of the process
  std::int64_t connections = 0;                                 // open now

  std::uint64_t count(WebhookCounter counter) const { return counts.at(index_of(counter)); }
};

}  // namespace keeper
