// A provider whose calls are waited for. For tests only.
#pragma once

#include <memory>
#include <utility>

#include "provider/provider.h"

namespace keeper::test {

class WaitingProvider {
 public:
  explicit WaitingProvider(std::unique_ptr<Provider> provider) : provider_(std::move(provider)) {}

  Reply start(const Effect& effect, Confirmation* confirmation = nullptr) {
    return wait(provider_->start(effect, confirmation));
  }
  Reply find(const Effect& effect) { return wait(provider_->find(effect)); }
  Reply observe(const Effect& effect) { return wait(provider_->observe(effect)); }
  Reply keep_alive(const Effect& effect) { return wait(provider_->keep_alive(effect)); }
  Reply stop(const Effect& effect, Confirmation* confirmation = nullptr) {
    return wait(provider_->stop(effect, confirmation));
  }
  Reply list(const Effect& effect) { return wait(provider_->list(effect)); }
  Result<Checked> check() { return wait(provider_->check()); }
  Reply carry_out(const Effect& effect) { return wait(keeper::carry_out(*provider_, effect)); }

 private:
  const std::unique_ptr<Provider> provider_;
};

inline std::unique_ptr<WaitingProvider> waiting_provider(const ProviderSettings& settings,
                                                         const ProviderContext& context = {}) {
  return std::make_unique<WaitingProvider>(make_provider(settings, context));
}

inline Reply carry_out(WaitingProvider& provider, const Effect& effect) { return provider.carry_out(effect); }

}  // namespace keeper::test
