// The bounds of the webhook listener, each against a way to use it up. Plain values; any thread.
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
  std::size_t connections_max = 2048;                  // also at most half of the process's file descriptors
  // Of one address (of an IPv6 /64), loopback and the authenticated ones aside; the one that waited longest makes room,
  // newcomers before those that delivered.
  std::size_t connections_per_address_max = 128;
  bool exempts_loopback = true;
  std::set<std::string> exempt_addresses{};
  std::size_t buffer_bytes_max = 16U * 1024U * 1024U;  // what all connections hold together
  // With the answer and half a second of draining after it, under the 10 s within which a slow client is
  // gone.
  Millis request{9'000};  // from the accept, or a later request's first byte, to the request's last byte
  Millis idle{60'000};    // between two requests, once a delivery was accepted on the connection
  Millis answer{25'000};  // from the complete request to its answer, then 503
  Millis drain{2'000};    // for writing an answer, and then for reading what a refused request still sends
  std::size_t drain_bytes_max = 16U * 1024U * 1024U;
  std::size_t verification_threads = 2;  // a key's refetch holds one of them
};

}  // namespace keeper
