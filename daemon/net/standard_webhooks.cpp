#include "net/standard_webhooks.h"

#include <algorithm>

#include "base/digest.h"
#include "net/encoding.h"

namespace keeper {
namespace {

std::string key_of(const Secret& secret) {
  constexpr std::string_view prefix = "whsec_";
  const std::string& text = secret.reveal();
  if (!text.starts_with(prefix)) return text;
  return decode_base64(std::string_view(text).substr(prefix.size())).value_or(text);
}

}  // namespace

std::string sign(const StandardWebhook& message, const Secret& secret) {
  std::string text(message.id);
  text.append(".").append(message.timestamp).append(".").append(message.body);
  return "v1," + encode_base64(hmac_sha256(key_of(secret), text));
}

bool is_signed(const StandardWebhook& message, std::string_view signatures, const Secret& secret) {
  if (secret.empty() || message.id.empty() || message.timestamp.empty()) return false;
  const std::string right = sign(message, secret);
  bool found = false;
  while (!signatures.empty()) {
    const std::size_t end = std::min(signatures.find(' '), signatures.size());
    found = equal_in_constant_time(signatures.substr(0, end), right) || found;
    signatures.remove_prefix(std::min(end + 1, signatures.size()));
  }
  return found;
}

}  // namespace keeper
