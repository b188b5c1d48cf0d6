#include "provider/provider_table.h"

#include <algorithm>

#include "base/check.h"
#include "provider/described/described.h"
#include "provider/described/described_keys.h"
#include "provider/described/described_webhook.h"
#include "provider/notte/notte.h"
#include "provider/notte/notte_keys.h"
#include "provider/sonoran_cms/sonoran_cms.h"
#include "provider/sonoran_cms/sonoran_cms_keys.h"
#include "provider/videosdk/videosdk.h"
#include "provider/videosdk/videosdk_keys.h"
#include "provider/videosdk/videosdk_webhook.h"

namespace keeper {

const std::vector<ProviderRow>& provider_table() {
  static const std::vector<ProviderRow> rows{
      {config::videosdk_kind(), make_videosdk, make_videosdk_webhooks},
      {config::notte_kind(), make_notte, nullptr},
      {config::sonoran_cms_kind(), make_sonoran_cms, nullptr},
      {config::described_kind(), make_described, make_described_webhooks},
  };
  return rows;
}

const ProviderRow& provider_row(const ProviderType& type) {
  const auto& rows = provider_table();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ProviderRow& row) { return type.str() == row.kind.type; });
  KEEPER_CHECK(found != rows.end());
  return *found;
}

const config::ProviderKinds& provider_kinds() {
  static const config::ProviderKinds kinds = [] {
    config::ProviderKinds all;
    for (const ProviderRow& row : provider_table()) all.push_back(&row.kind);
    return all;
  }();
  return kinds;
}

std::unique_ptr<Provider> make_provider(const ProviderSettings& settings, const ProviderContext& context) {
  return provider_row(settings.type).make(settings, context);
}

}  // namespace keeper
