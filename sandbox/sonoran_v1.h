// Sonoran CMS v1: POST with the credentials in the body, under the paths of the documentation and of the SDK.
// One thread at a time (the model's lock).
#pragma once

#include <optional>

#include "sandbox/sonoran.h"

namespace sandbox {

class SonoranV1 {
 public:
  SonoranV1(World& world, Sonoran& sonoran) : world_(world), sonoran_(sonoran) {}

  // Takes a POST that carries key and type in its body and no Authorization header; only so can
  // /sessions/start be told from Notte's.
  std::optional<Route> route(const Request& request);

 private:
  enum class Call { start, stop, cancel, current };

  Answer serve(Call call, const Request& request);
  Answer constant(const char* text, const char* type, const Request& request) const;
  std::optional<Answer> refuse(const Json& body) const;

  World& world_;
  Sonoran& sonoran_;
};

}  // namespace sandbox
