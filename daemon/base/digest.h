// SHA-256 of a text, for keys and proofs that the store keeps, and HMAC-SHA256, by which messages are signed.
// Any thread; no state.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace keeper {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // lower case
std::string hex_of(std::string_view bytes);      // lower case

// RFC 2104; 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);
// Whether two texts are equal, in a time that does not tell where they differ.
bool equal_in_constant_time(std::string_view one, std::string_view other);

}  // namespace keeper
