// Sends deliveries over kept connections, one at a time on each, as a provider does that waits for its answer
// and sends again what was not taken. One thread, epoll.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "load/signed_deliveries.h"

namespace keeper::load {

struct SenderOptions {
  int port = 0;
  std::string path = "/hooks/agents";
  int connections = 1;
  double seconds = 5;
  double rate = 0;     // a second, over all connections; 0: as fast as it is answered
  double warm_up = 0;  // seconds at the begin that are not counted
  std::string acked;   // a file: the id of each delivery that was acknowledged, one a line; empty: none
};

struct SenderResult {
  double seconds = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t warming_up = 0;          // acknowledged before it counted
  std::uint64_t broken = 0;              // connections that ended without an answer
  std::map<int, std::uint64_t> refused;  // by status
  std::vector<float> latency_ms;         // of the acknowledged ones, sorted
  bool exhausted = false;                // all deliveries were taken before the time was up
};

SenderResult send(const std::vector<SignedDelivery>& deliveries, const SenderOptions& options);

float percentile(const std::vector<float>& sorted, double share);

}  // namespace keeper::load
