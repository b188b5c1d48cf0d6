// SHA-256 of a text, for keys and proofs that the store keeps. Any thread; no state.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace keeper {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // lower case

}  // namespace keeper
