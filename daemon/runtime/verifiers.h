// Verifiers: for each provider that sends webhooks, the verifier that tells its genuine messages. Any thread:
// listeners look them up while a reload replaces them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <vector>

#include "base/locked.h"
#include "provider/webhook.h"
#include "settings/settings.h"

namespace keeper {

class Verifiers {
 public:
  // Replaces all. One whose settings are unchanged keeps its key.
  void install(const Settings& settings);

  // Null: there is no such provider, or it sends no webhooks.
  std::shared_ptr<WebhookVerifier> find(std::string_view provider);

  // Whether a webhook's path may end with this token; where none is configured, only with none.
  bool admits(std::string_view token);

 private:
  struct Entry {
    ProviderSettings settings;
    std::shared_ptr<WebhookVerifier> verifier;
  };
  Locked<std::map<std::string, Entry, std::less<>>> entries_;
  Locked<std::vector<Secret>> tokens_;
};

}  // namespace keeper
