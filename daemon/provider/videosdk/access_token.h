// VideoSDK's access token: a JWT that is minted from key and secret, kept, and renewed a minute before its
// end; or a ready one. Any thread.
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
