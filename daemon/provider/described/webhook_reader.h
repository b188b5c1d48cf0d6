// Webhook reader: the map `webhook` of a description, which says how the provider's webhook messages are
// signed and read. It reports what is wrong and goes on. One load and one thread.
#pragma once

#include <optional>

#include "config/key_table.h"
#include "config/provider_kind.h"
#include "settings/settings.h"

namespace keeper::config {

const Section& described_webhook_section();

// `http`: the description. Empty where it says nothing of webhooks.
std::optional<DescribedWebhook> read_described_webhook(const Node& http, ProviderReading& reading);

}  // namespace keeper::config
