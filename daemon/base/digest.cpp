#include "base/digest.h"

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"

namespace keeper {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

// Looking the algorithm up and making a context cost more than the digest of a short text.
Sha256 sha256(std::string_view bytes) {
  static const std::unique_ptr<EVP_MD, FreeDigest> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  Sha256 digest{};
  KEEPER_CHECK(algorithm && context);
  KEEPER_CHECK(EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1);
  KEEPER_CHECK(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  KEEPER_CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * Sha256{}.size());
  for (const unsigned char byte : sha256(bytes)) {
    hex += digits[byte >> 4U];
    hex += digits[byte & 0xFU];
  }
  return hex;
}

}  // namespace keeper
