#include "sandbox/jwt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "sandbox/codec.h"

namespace sandbox {
namespace {

std::string hmac_sha256(const std::string& secret, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::string encode_base64url(const std::string& bytes) {
  std::string text = encode_base64(bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text.substr(0, text.find('='));
}

std::optional<Json> decode_object(const std::string& part) {
  const auto bytes = decode_base64url(part);
  if (!bytes) return std::nullopt;
  auto value = parse_json(*bytes);
  if (!value || !value->is_object()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> token_fault(const std::string& token, const std::string& api_key,
                                       const std::string& secret, Time now) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string::npos || first == last || token.find(' ') != std::string::npos) {
    return "not a JWT";
  }
  const auto header = decode_object(token.substr(0, first));
  const auto claims = decode_object(token.substr(first + 1, last - first - 1));
  if (!header || !claims) return "not a JWT";
  if (header->value("alg", Json()) != "HS256") return "alg is not HS256";
  const auto signature = decode_base64url(token.substr(last + 1));
  const std::string expected = hmac_sha256(secret, token.substr(0, last));
  const bool same = signature && signature->size() == expected.size() &&
                    CRYPTO_memcmp(signature->data(), expected.data(), expected.size()) == 0;
  if (!same) return "bad signature";
  if (claims->value("apikey", Json()) != api_key) return "unknown apikey";
  const Json expires = claims->value("exp", Json());
  if (!expires.is_number() || expires.get<double>() <= static_cast<double>(unix_seconds(now)))
    return "expired";
  return std::nullopt;
}

std::string mint_token(const std::string& api_key, const std::string& secret, Time issued, Time expires) {
  const Json header = {{"alg", "HS256"}, {"typ", "JWT"}};
  const Json claims = {{"apikey", api_key},
                       {"permissions", {"allow_join", "allow_mod"}},
                       {"version", 2},
                       {"roles", {"crawler"}},
                       {"iat", unix_seconds(issued)},
                       {"exp", unix_seconds(expires)}};
  const std::string text = encode_base64url(dump(header)) + "." + encode_base64url(dump(claims));
  return text + "." + encode_base64url(hmac_sha256(secret, text));
}

}  // namespace sandbox
