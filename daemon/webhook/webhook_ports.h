// What the webhook listener asks of the rest: who is known, whether a message is authentic, and where it
// goes. `admits` is called on the listener's thread and must not block; `intake` and `deliver` on a pool
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/event.h"

namespace keeper {

struct Unauthorized {};
struct Malformed {
  std::string why;  // for the sender; without secrets
};
using VerificationResult = std::variant<Unauthorized, Malformed, Delivered>;

// Empty: it cannot be put on disk now.
using DeliveryDone = std::function<void(std::optional<Ack>)>;

struct WebhookPorts {
  // Whether the provider exists and sends webhooks, and the token is one of those that are asked for.
  std::function<bool(std::string_view provider, std::string_view token)> admits;
  // Verifies and parses; may block for one refetch of a key. An empty signature: none came.
  std::function<VerificationResult(std::string_view provider, std::string_view body, std::string_view signature)> verify;
  // Hands over without waiting. `done` is called at most once, from any thread, also after the listener is
  // gone. False: no room, and `done` is never called.
  std::function<bool(Delivered event, DeliveryDone done)> deliver;
};

}  // namespace keeper
