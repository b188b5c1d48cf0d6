// What several provider tests need: settings for a local server, effects, golden files.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "provider/provider.h"
#include "provider/waiting_provider.h"

namespace keeper::test {

inline std::string golden(const std::string& name) {
  std::ifstream file(std::string(KEEPER_SOURCE_DIR) + "/tests/golden/provider/" + name);
  if (!file) throw std::runtime_error("no golden file " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline ProviderSettings settings_for(ProviderType type, const std::string& url) {
  ProviderSettings settings;
  settings.name = ProviderName{"under-test"};
  settings.type = type;
  settings.base_url = url;
  settings.api_key = Secret{"planted-api-key"};
  if (type == ProviderType{"videosdk"}) settings.secret = Secret{"planted-signing-secret"};
  settings.request_timeout = Seconds{5};
  return settings;
}

inline Effect effect_of(EffectKind kind, const std::string& remote = "",
                        const std::string& parameters = "{}") {
  Effect effect;
  effect.kind = kind;
  effect.session = SessionId{"0123456789abcdef0123456789abcdef"};
  effect.instance = InstanceId{"instance-1"};
  effect.plan = PlanName{"a-plan"};
  effect.provider = ProviderName{"under-test"};
  effect.remote = RemoteId{remote};
  effect.parameters = parameters;
  return effect;
}

inline const Remote& only(const Reply& reply) {
  if (!reply.remotes.ok()) throw std::runtime_error("an error, not a remote: " + reply.remotes.error().what);
  if (reply.remotes->size() != 1) throw std::runtime_error("not one remote");
  return reply.remotes->front();
}

inline Wall wall(const std::string& text) { return parse_time(text).value(); }

}  // namespace keeper::test
