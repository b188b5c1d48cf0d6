// The providers in all their dialects over one world; what happens by itself as time passes.
// One thread at a time (the model's lock), but for the constructor.
#pragma once

#include <optional>
#include <string>

#include "sandbox/notte.h"
#include "sandbox/notte_legacy.h"
#include "sandbox/sonoran.h"
#include "sandbox/sonoran_v1.h"
#include "sandbox/vendors/engine.h"
#include "sandbox/videosdk.h"
#include "sandbox/world.h"

namespace sandbox {

class Providers {
 public:
  explicit Providers(World& world);

  std::optional<Route> route(const Request& request);
  // Lets everything happen that was due by now, in order.
  void pass_time();
  // As if a third party, or the provider, had ended it: closed, error or timed_out.
  void end(Remote& remote, const std::string& as);
  // What a provider adds to each of its answers.
  void decorate(Provider provider, Answer& answer) const;
  Videosdk& videosdk() { return videosdk_; }

 private:
  World& world_;
  Notte notte_;
  NotteLegacy notte_legacy_;
  Videosdk videosdk_;
  Sonoran sonoran_;
  SonoranV1 sonoran_v1_;
  VendorEngine vendors_;
};

}  // namespace sandbox
