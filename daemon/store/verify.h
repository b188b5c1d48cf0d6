// Verification of a store's file: its pages, the hash chains of its transitions and the digests of its
// deliveries. Any thread may call it. It only reads, and in short reads where a daemon uses the store at the
// same time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace keeper {

struct Verification {
  std::int64_t sessions = 0;
  std::int64_t transitions = 0;
  std::int64_t deliveries = 0;
  std::vector<std::string> problems;  // the first hundred
  std::vector<std::string> notes;     // what was left out, and why
};

// Error: the file could not be read at all.
Result<Verification> verify_store(const std::string& path);

// As verify_store(), for the one that holds the store's lock: no page is left out.
Result<Verification> verify_locked_store(const std::string& path);

}  // namespace keeper
