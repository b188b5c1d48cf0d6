// Stable hashes for jitter and for derived ids. The same input gives the same output on every machine and in
// every release, because ids in the store depend on it. They are not for security. Any thread; no state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keeper {

std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0);

// 32 lower-case hex digits from two independent 64-bit hashes.
std::string stable_hex128(std::string_view text);

}  // namespace keeper
