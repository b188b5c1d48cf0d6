// Counters of the webhook listener: written by its threads, read by any.
#pragma once

#include <atomic>
#include <cstdint>


namespace keeper {

struct WebhookTally {
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> recorded{0};
  std::atomic<std::uint64_t> duplicate{0};
  std::atomic<std::uint64_t> held{0};
  std::atomic<std::uint64_t> ignored{0};
  std::atomic<std::uint64_t> unauthorized{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> unavailable{0};
  std::atomic<std::uint64_t> evicted{0};
  std::atomic<std::int64_t> connections{0};
};

inline void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace keeper
