#include "provider/provider.h"

#include "base/check.h"

namespace keeper {

Task<Reply> Provider::clean_up(const Effect&) {
  co_return Reply{Error{ErrorKind::denied, "this provider has nothing to clean up"}, std::nullopt};
}

Task<Result<Checked>> Provider::check() { co_return Checked::no_call; }

Task<Reply> carry_out(Provider& provider, const Effect& effect, Confirmation* confirmation) {
  switch (effect.kind) {
    case EffectKind::start:
      return provider.start(effect, confirmation);
    case EffectKind::find:
      return provider.find(effect);
    case EffectKind::observe:
      return provider.observe(effect);
    case EffectKind::keep_alive:
      return provider.keep_alive(effect);
    case EffectKind::stop:
      return provider.stop(effect, confirmation);
    case EffectKind::cleanup:
      return provider.clean_up(effect);
    case EffectKind::list:
      return provider.list(effect);
  }
  check_failed("a known EffectKind", __FILE__, __LINE__);
}

}  // namespace keeper
