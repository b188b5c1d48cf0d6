// What the webhook listener counted since the start of the process. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace keeper {

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

}  // namespace keeper
