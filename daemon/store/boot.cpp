#include "store/boot.h"

#include <openssl/rand.h>

#include <array>
#include <fstream>
#include <string_view>

#include "base/check.h"

namespace keeper {

std::string draw_hex() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 16> bits{};
  KEEPER_CHECK(RAND_bytes(bits.data(), static_cast<int>(bits.size())) == 1);
  std::string hex;
  for (const unsigned char byte : bits) hex += {digits[byte >> 4U], digits[byte & 0xfU]};
  return hex;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace keeper
