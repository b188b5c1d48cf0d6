#include "runtime/verifiers.h"

#include <filesystem>
#include <utility>

#include "base/digest.h"
#include "provider/provider_table.h"

namespace keeper {
namespace {

std::string cache_file(const Settings& settings, const std::string& provider) {
  return (std::filesystem::path(settings.directory) / ("webhook-key-" + provider + ".pem")).string();
}

}  // namespace

void Verifiers::install(const Settings& settings) {
  std::map<std::string, Entry, std::less<>> fresh;
  auto old = entries_.with([](const auto& entries) { return entries; });
  for (const auto& [name, provider] : settings.providers) {
    const auto make = provider_row(provider.type).make_verifier;
    if (make == nullptr) continue;
    const auto known = old.find(name.str());
    const bool same = known != old.end() && known->second.settings == provider;
    auto verifier = same ? known->second.verifier : make(provider, cache_file(settings, name.str()));
    if (verifier) fresh[name.str()] = {provider, std::move(verifier)};
  }
  entries_.with([&](auto& entries) { entries.swap(fresh); });
  tokens_.with(
      [&](auto& tokens) { tokens = settings.webhook ? settings.webhook->tokens : std::vector<Secret>{}; });
}

// Takes as long for a wrong token as for the right one of the same length.
bool Verifiers::admits(std::string_view token) {
  return tokens_.with([&](const auto& tokens) {
    bool admitted = tokens.empty() && token.empty();
    for (const Secret& one : tokens) {
      const bool same = equal_in_constant_time(one.reveal(), token);
      admitted = admitted || same;
    }
    return admitted;
  });
}

std::shared_ptr<WebhookVerifier> Verifiers::find(std::string_view provider) {
  return entries_.with([&](const auto& entries) -> std::shared_ptr<WebhookVerifier> {
    const auto found = entries.find(provider);
    return found == entries.end() ? nullptr : found->second.verifier;
  });
}

}  // namespace keeper
