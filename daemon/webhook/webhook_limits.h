// The limits of one webhook listener, of its connections and of their requests.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "base/time.h"

namespace keeper {

struct WebhookLimits {
  std::size_t body_bytes_max = 64U * 1024U;
  std::size_t header_bytes_max = 16U * 1024U;
  std::size_t header_fields_max = 100;
  std::size_t connections_max = 2048;  // less where the process may not have twice as many descriptors
  // Of one IPv4 address, or of one IPv6 /64. One more evicts one of the same address. Loopback and the exempt
  // addresses, which are those of reverse proxies, have no such limit.
  std::size_t connections_per_address_max = 128;
  bool exempts_loopback = true;
  std::set<std::string> exempt_addresses{};
  std::size_t buffer_bytes_max = 16U * 1024U * 1024U;  // of all connections together
  // A slow client is gone within 10 s: this, and then half a second for the answer and for draining.
  Millis request{9'000};  // from accept(), or from a later request's first byte, to the request's last byte
  Millis idle{60'000};    // between two requests of an authenticated connection
  Millis answer{25'000};  // from the complete request to its answer, then 503
  Millis drain{2'000};    // for writing an answer, and then for reading what a refused request still sends
  std::size_t drain_bytes_max = 16U * 1024U * 1024U;
  std::size_t verification_threads = 2;  // fetching a key anew occupies one of them
};

}  // namespace keeper
