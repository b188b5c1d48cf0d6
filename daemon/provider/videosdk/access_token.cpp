#include "provider/videosdk/access_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "net/encoding.h"
#include "provider/answer_json.h"

namespace keeper {
namespace {

constexpr Millis token_life{std::chrono::hours{1}};
constexpr Millis renewed_before{Seconds{60}};

}  // namespace

AccessToken::AccessToken(const ProviderSettings& settings)
    : ready_(settings.token), api_key_(settings.api_key), secret_(settings.secret) {}

std::string AccessToken::at(Wall now) {
  if (!ready_.empty()) return ready_.reveal();
  return minted_.with([&](Minted& minted) {
    // A clock that was set back must not send a token from the future.
    if (minted.text.empty() || now >= minted.until - renewed_before || now < minted.from) {
      minted = Minted{mint(now, now + token_life), now, now + token_life};
    }
    return minted.text;
  });
}

std::string AccessToken::until(Wall now, Wall until) const {
  return ready_.empty() ? mint(now, until) : ready_.reveal();
}

void AccessToken::forget() {
  minted_.with([](Minted& minted) { minted.text.clear(); });
}

// The claims of the official SDK for calls of a server (@videosdk.live/server-sdk 0.1.1).
std::string AccessToken::mint(Wall now, Wall until) const {
  const auto seconds = [](Wall time) { return std::chrono::floor<Seconds>(time).time_since_epoch().count(); };
  const Json claims{{"apikey", api_key_.reveal()},
                    {"permissions", Json::array({"allow_join", "allow_mod"})},
                    {"version", 2},
                    {"roles", Json::array({"crawler"})},
                    {"iat", seconds(now)},
                    {"exp", seconds(until)}};
  const std::string text =
      encode_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + encode_base64url(json_text(claims));
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned mac_bytes = 0;
  const std::string& key = secret_.reveal();
  KEEPER_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
                    &mac_bytes) != nullptr);
  return text + "." + encode_base64url({reinterpret_cast<const char*>(mac.data()), mac_bytes});
}

}  // namespace keeper
