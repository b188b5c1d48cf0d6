#include "runtime/notice_request.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/check.h"
#include "net/encoding.h"
#include "provider/answer_json.h"

namespace keeper {
namespace {

// The bytes that sign: "whsec_" is followed by their base64.
std::string key_of(const Secret& secret) {
  constexpr std::string_view prefix = "whsec_";
  const std::string& text = secret.reveal();
  if (!text.starts_with(prefix)) return text;
  return decode_base64(std::string_view(text).substr(prefix.size())).value_or(text);
}

std::string signature_of(const std::string& key, const std::string& signed_text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned mac_bytes = 0;
  KEEPER_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(),
                    mac.data(), &mac_bytes) != nullptr);
  return "v1," + encode_base64({reinterpret_cast<const char*>(mac.data()), mac_bytes});
}

std::string body_of(const MessageRow& message, const InstanceId& instance) {
  Json notices = Json::array();
  for (const Notice& notice : message.notices) {
    Json one{{"event", event_word(notice.topic, notice.phase)},
             {"status", to_string(notice.phase)},
             {"subject", notice.subject},
             {"at", to_rfc3339(notice.at)},
             {"text", notice.text}};
    if (notice.phase != Phase::happened) one["since"] = to_rfc3339(notice.since);
    if (notice.times > 1) one["times"] = notice.times;
    notices.push_back(std::move(one));
  }
  return json_text({{"type", "session_keeper.notices"},
                    {"timestamp", to_rfc3339(message.created_at)},
                    {"data", {{"instance", instance.str()}, {"notices", std::move(notices)}}}});
}

}  // namespace

HttpRequest notice_request(const MessageRow& message, const InstanceId& instance, const Secret& secret,
                           Wall now) {
  HttpRequest request{"POST", {}};
  request.body = body_of(message, instance);
  const std::string stamp = std::to_string(std::chrono::floor<Seconds>(now).time_since_epoch().count());
  request.headers = {{"webhook-id", message.id}, {"webhook-timestamp", stamp}};
  if (!secret.empty()) {
    request.headers.emplace_back("webhook-signature",
                                 signature_of(key_of(secret), message.id + "." + stamp + "." + request.body));
  }
  return request;
}

}  // namespace keeper
