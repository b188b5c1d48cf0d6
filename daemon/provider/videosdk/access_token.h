// Access token: the JWT that VideoSDK asks for. It is made from the key and the secret, kept, and made anew a
// minute before it ends; or it is the ready one of the configuration. Any thread may ask for it.
#pragma once

#include <string>

#include "base/locked.h"
#include "base/time.h"
#include "settings/settings.h"

namespace keeper {

class AccessToken {
 public:
  explicit AccessToken(const ProviderSettings& settings);

  std::string at(Wall now);
  // One that is made for this call and ends at `until`; the ready one where that is what there is.
  std::string until(Wall now, Wall until) const;
  void forget();  // the provider refused it: the next one is new

 private:
  struct Minted {
    std::string text;
    Wall from{};
    Wall until{};
  };

  std::string mint(Wall now, Wall until) const;

  const Secret ready_;
  const Secret api_key_;
  const Secret secret_;
  Locked<Minted> minted_;
};

}  // namespace keeper
