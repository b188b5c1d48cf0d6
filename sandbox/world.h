// What the provider models share: clock, ledger, faults, switches, deliveries.
// Everything but the clock and the webhooks is used under `mutex` only.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "sandbox/call_log.h"
#include "sandbox/clock.h"
#include "sandbox/codec.h"
#include "sandbox/faults.h"
#include "sandbox/ledger.h"
#include "sandbox/switches.h"
#include "sandbox/webhook_sender.h"

namespace sandbox {

struct Keys {
  std::vector<std::string> notte = {"sandbox-key"};
  std::vector<std::string> sonoran = {"sandbox-key"};
  std::string videosdk_key = "sandbox-key";
  std::string videosdk_secret = "sandbox-secret";
  std::vector<std::string> vendors = {"sandbox-key"};
};

struct World {
  explicit World(Keys accepted) : keys(std::move(accepted)), webhooks(clock) {}

  const Keys keys;
  Clock clock;
  std::mutex mutex;
  Ledger ledger;
  Switches switches;
  Faults faults;
  CallLog calls;
  Ids ids;
  WebhookSender webhooks;

  // As the providers tell it; the ledger has the truth.
  Time told_creation(const Remote& remote) const {
    return remote.created_at - std::chrono::seconds(switches.created_early_seconds);
  }
};

}  // namespace sandbox
