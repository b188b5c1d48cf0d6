// The webhook messages of a described provider: whether one is genuine, by Standard Webhooks or by an
// HMAC-SHA256 of what the description names, and what it says. Nothing is fetched, and nothing blocks.
#pragma once

#include <memory>
#include <string>

#include "provider/webhook.h"
#include "settings/settings.h"

namespace keeper {

class DescribedWebhooks final : public WebhookVerifier {
 public:
  DescribedWebhooks(const ProviderName& name, const DescribedWebhook& described)
      : name_(name), described_(described) {}

  Authenticity authenticity(std::string_view body, const HeaderOf& header) override;
  Result<Delivery> read(std::string body, Wall received_at) const override;

 private:
  bool has_hmac(std::string_view body, const HeaderOf& header) const;

  const ProviderName name_;
  const DescribedWebhook described_;
};

// Null where the description says nothing of webhooks.
std::shared_ptr<WebhookVerifier> make_described_webhooks(const ProviderSettings& settings,
                                                         const std::string& cache_file);

}  // namespace keeper
