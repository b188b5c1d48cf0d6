// How the sandbox's own webhook deliveries go out.
// A plain value; the sender guards its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/codec.h"

namespace sandbox {

struct WebhookSettings {
  // Probabilities.
  double drop = 0;
  double repeat = 0;
  double reorder = 0;
  double bad_signature = 0;
  int delay_ms = 0;
  // How much longer a reordered delivery waits.
  int reorder_ms = 300;
  // Waits before the second, third, ... try; no entry left: given up.
  std::vector<int> retry_ms = {1000, 2000, 4000, 8000};
  bool spaced = false;
  bool prefix = true;
  bool pss = false;
  std::string family = "ai-deployment-session";
  std::string key_format = "pkcs1";
  bool leading_newline = true;
  std::uint64_t seed = 1;
};

Json describe(const WebhookSettings& settings);
// Nothing if all was taken; else why not, and nothing was. `key_change` is not a setting.
std::optional<std::string> change(WebhookSettings& settings, const Json& wanted);

}  // namespace sandbox
