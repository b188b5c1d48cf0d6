// VideoSDK's webhook messages: whether one is genuine, by RSA-SHA256 with PKCS#1 v1.5 padding over the raw
// body in the header videosdk-signature, and what it says. Any thread may call the functions. verify() never
// waits for the network; refresh() does, so it is for callers that may wait.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/locked.h"
#include "provider/provider_api.h"
#include "provider/videosdk/access_token.h"
#include "provider/webhook.h"
#include "settings/settings.h"

namespace keeper {

// An RSA public key (2048 to 8192 bits) that verifies RSA-SHA256 with PKCS#1 v1.5 padding.
class WebhookKey {
 public:
  // PEM, PKCS#1 or SPKI, with or without white space around it. Errors: malformed.
  static Result<std::shared_ptr<WebhookKey>> parse(std::string_view pem);
  ~WebhookKey();

  // `signature`: the header's text, base64 or base64url.
  bool verifies(std::string_view body, std::string_view signature);
  const std::string& pem() const { return pem_; }

 private:
  struct Contexts;
  explicit WebhookKey(std::string pem);

  const std::string pem_;
  std::unique_ptr<Contexts> contexts_;
};

class VideoSdkWebhooks final : public WebhookVerifier {
 public:
  // `cache_file`: where a fetched key outlives the process; empty: nowhere. A pinned key is never fetched.
  explicit VideoSdkWebhooks(const ProviderSettings& settings, std::string cache_file = {});

  // False while there is no key. After a change of the key the old one counts until the new one has verified
  // something, and for a day at most.
  bool verify(std::string_view body, std::string_view signature);

  // True if a fetch would be made now: no key is pinned, and the last fetch is a minute old (5 s without a
  // key).
  bool may_refresh() const;
  // Fetches the key; blocks up to the request timeout. Errors: exhausted, where it was too soon.
  Status refresh();
  // verify(), and once more after refresh() where that is due. Blocks.
  bool verify_or_refresh(std::string_view body, std::string_view signature);

  bool has_key() const;

  Authenticity authenticity(std::string_view body, const HeaderOf& header) override;
  Result<Delivery> read(std::string body, Wall received_at) const override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Keys {
    std::shared_ptr<WebhookKey> current;
    std::shared_ptr<WebhookKey> previous;
    Clock::time_point previous_until{};
    Clock::time_point next_fetch{};
  };

  void install(std::shared_ptr<WebhookKey> key);
  void load_cache();
  void save_cache(const std::string& pem) const;

  const ProviderName name_;
  const bool is_pinned_;
  const std::string cache_file_;
  AccessToken token_;
  ProviderApi api_;
  mutable Locked<Keys> keys_;
};

std::shared_ptr<WebhookVerifier> make_videosdk_webhooks(const ProviderSettings& settings,
                                                        const std::string& cache_file);

// What a message says. `body`: the raw bytes, already verified. Errors: malformed, for what is no JSON
// object, has no type, or is of a type that is followed and names no session; the sender is answered 400.
Result<Delivery> videosdk_delivery(std::string body, const ProviderName& provider, Wall received_at);

}  // namespace keeper
