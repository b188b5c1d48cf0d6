// The table of providers: one row for each `type` that the configuration knows. Whatever depends on which
// providers there are walks it: the configuration and its schema, the maker of a provider's calls, and the
// verifiers of webhooks. A new provider is a folder of its own and one row here. Constant; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/provider_kind.h"
#include "provider/provider.h"

namespace keeper {

class WebhookVerifier;

struct ProviderRow {
  const config::ProviderKind& kind;
  std::unique_ptr<Provider> (*make)(const ProviderSettings& settings, const ProviderContext& context);
  // Null, or null from it: it sends no webhooks. `cache_file`: where a fetched key outlives the process.
  std::shared_ptr<WebhookVerifier> (*make_verifier)(const ProviderSettings& settings,
                                                    const std::string& cache_file);
};

const std::vector<ProviderRow>& provider_table();

// The row of a type that the configuration has accepted. It must be in the table.
const ProviderRow& provider_row(const ProviderType& type);

// What load_settings() and config_schema() are told.
const config::ProviderKinds& provider_kinds();

}  // namespace keeper
