#include "base/hash.h"

namespace keeper {
namespace {

// The finaliser of SplitMix64.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

std::uint64_t stable_hash(std::string_view text, std::uint64_t seed) {
  // FNV-1a, 64 bits.
  std::uint64_t hash = 0xcbf29ce484222325U ^ mix(seed);
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return mix(hash);
}

std::string stable_hex128(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::uint64_t seed : {1U, 2U}) {
    const std::uint64_t half = stable_hash(text, seed);
    for (unsigned shift = 64; shift > 0; shift -= 4) hex += digits[(half >> (shift - 4U)) & 0xFU];
  }
  return hex;
}

}  // namespace keeper
