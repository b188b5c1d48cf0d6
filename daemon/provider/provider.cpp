#include "provider/provider.h"

#include "provider/described/described.h"
#include "provider/notte/notte.h"
#include "provider/sonoran_cms/sonoran_cms.h"
#include "provider/videosdk/videosdk.h"

namespace keeper {

std::unique_ptr<Provider> make_provider(const ProviderSettings& settings, const ProviderContext& context) {
  switch (settings.type) {
    case ProviderType::videosdk:
      return std::make_unique<Videosdk>(settings, context);
    case ProviderType::sonoran_cms:
      return std::make_unique<Sonoran>(settings);
    case ProviderType::http:
      return std::make_unique<Described>(settings);
    case ProviderType::notte:
      switch (settings.dialect) {
        case NotteDialect::current:
          return std::make_unique<Notte>(settings);
        case NotteDialect::legacy:
          return std::make_unique<NotteLegacy>(settings);
      }
  }
  check_failed("a known ProviderType", __FILE__, __LINE__);
}

Reply carry_out(Provider& provider, const Effect& effect) {
  switch (effect.kind) {
    case EffectKind::start:
      return provider.start(effect);
    case EffectKind::find:
      return provider.find(effect);
    case EffectKind::observe:
      return provider.observe(effect);
    case EffectKind::keep_alive:
      return provider.keep_alive(effect);
    case EffectKind::stop:
      return provider.stop(effect);
    case EffectKind::list:
      return provider.list(effect);
  }
  check_failed("a known EffectKind", __FILE__, __LINE__);
}

}  // namespace keeper
