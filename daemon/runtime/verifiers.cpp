#include "runtime/verifiers.h"

#include <filesystem>
#include <utility>

namespace keeper {
namespace {

std::string cache_file(const Settings& settings, const std::string& provider) {
  return (std::filesystem::path(settings.store_path).parent_path() / ("webhook-key-" + provider + ".pem")).string();
}

}  // namespace

void Verifiers::install(const Settings& settings) {
  std::map<std::string, Entry, std::less<>> fresh;
  auto old = entries_.with([](const auto& entries) { return entries; });
  for (const auto& [name, provider] : settings.providers) {
    if (provider.type != ProviderType::videosdk) continue;
    const auto known = old.find(name.str());
    const bool same = known != old.end() && known->second.settings == provider;
    fresh[name.str()] = {provider, same ? known->second.verifier
                                        : std::make_shared<WebhookVerifier>(
                                              provider, cache_file(settings, name.str()))};
  }
  entries_.with([&](auto& entries) { entries.swap(fresh); });
}

std::shared_ptr<WebhookVerifier> Verifiers::find(std::string_view provider) {
  return entries_.with([&](const auto& entries) -> std::shared_ptr<WebhookVerifier> {
    const auto found = entries.find(provider);
    return found == entries.end() ? nullptr : found->second.verifier;
  });
}

}  // namespace keeper
