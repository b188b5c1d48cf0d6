#include "provider/credentials.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace keeper {
namespace {

constexpr std::size_t length_min = 4;

// The words of `proxy` that stand for no URL.
bool is_word(const Secret& proxy) { return proxy.reveal() == "none" || proxy.reveal() == "env"; }

}  // namespace

std::vector<Secret> credentials_of(const ProviderSettings& settings) {
  std::vector<Secret> given{settings.api_key, settings.secret, settings.token};
  if (!is_word(settings.proxy)) given.push_back(settings.proxy);
  for (const auto& [name, secret] : settings.description.credentials) given.push_back(secret);
  std::vector<Secret> all;
  for (const Secret& secret : given) {
    for (const std::string& form : {secret.reveal(), encode_percent(secret.reveal())}) {
      if (form.size() >= length_min) all.emplace_back(form);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Secret& one, const Secret& other) {
    return one.reveal().size() > other.reveal().size();
  });
  return all;
}

}  // namespace keeper
