// The webhook listener's counters while it runs. Any thread may count and read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/webhook_counters.h"

namespace keeper {

class LiveCounters {
 public:
  void count(WebhookCounter counter) {
    counts_.at(index_of(counter)).fetch_add(1, std::memory_order_relaxed);
  }
  void connection_opened() { connections_.fetch_add(1, std::memory_order_relaxed); }
  void connection_closed() { connections_.fetch_sub(1, std::memory_order_relaxed); }

  // Each figure is exact; together they need not be of one moment.
  void copy_to(WebhookFacts& facts) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) facts.counts.at(i) = counts_.at(i);
    facts.connections = connections_;
  }

 private:
  std::array<std::atomic<std::uint64_t>, webhook_counters.size()> counts_{};
  std::atomic<std::int64_t> connections_{0};
};

}  // namespace keeper
