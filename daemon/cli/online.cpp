#include "cli/online.h"

#include "provider/provider.h"

namespace keeper {
namespace {

ProviderCheck check_one(const ProviderSettings& settings) {
  const std::unique_ptr<Provider> provider = make_provider(settings, {});
  const Result<Checked> checked = wait(provider->check());
  const std::string name = "provider " + settings.name.str();
  if (!checked) {
    const bool denied = checked.error().kind == ErrorKind::denied;
    return {denied ? Outcome::denied : Outcome::unclear, "provider " + checked.error().what};
  }
  if (*checked == Checked::no_call)
    return {Outcome::no_call, name + ": has no call that would test the credentials"};
  return {Outcome::accepted, name + ": accepts the credentials"};
}

}  // namespace

std::vector<ProviderCheck> check_providers(const Settings& settings) {
  std::vector<ProviderCheck> checks;
  for (const auto& [name, provider] : settings.providers) checks.push_back(check_one(provider));
  return checks;
}

}  // namespace keeper
