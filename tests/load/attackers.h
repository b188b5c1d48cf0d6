// Clients that mean no good: as many connections as are asked for, opened again when they are closed. One
// thread, epoll.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keeper::load {

struct AttackOptions {
  std::string kind;
  int port = 0;
  std::string path = "/hooks/agents";
  int connections = 1000;
  bool tls = false;  // against a listener that speaks TLS
  double seconds = 5;
};

struct AttackResult {
  int open = 0;                // at the end
  std::uint64_t opened = 0;    // connections in all
  std::uint64_t closed = 0;    // by the other side
  std::uint64_t answered = 0;  // of the closed ones: an answer was read before
  double longest_seconds = 0;  // that one connection lasted before it was closed
};

std::vector<std::string_view> attack_kinds(bool tls);

// Throws std::invalid_argument for a kind that is not known.
AttackResult attack(const AttackOptions& options);

}  // namespace keeper::load
