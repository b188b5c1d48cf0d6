// What the webhook listener asks of the rest of the daemon: whether it takes webhooks for a path, whether a
// message is authentic, and to commit a delivery.
//
// The listener's own thread calls `admits`, which must not block. A thread of the pool calls `verify` and
// `deliver`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/event.h"

namespace keeper {

struct Unauthorized {};
// It may be authentic, and must be sent again later.
struct NotNow {
  std::string why;  // shown to the sender; never a secret
};
struct Malformed {
  std::string why;  // shown to the sender; never a secret
};
using VerificationResult = std::variant<Unauthorized, NotNow, Malformed, Delivered>;

// Called with nothing where the delivery cannot be put on disk now.
using DeliveryDone = std::function<void(std::optional<Ack>)>;

struct WebhookPorts {
  // True where the provider exists and sends webhooks, and the token is one of those that are configured, if
  // any.
  std::function<bool(std::string_view provider, std::string_view token)> admits;
  // Verifies the signature and parses the body. It may block while a key is fetched anew, once. `header`
  // gives the value of a header that the request has exactly once, and is empty for any other.
  using HeaderOf = std::function<std::string_view(std::string_view name)>;
  std::function<VerificationResult(std::string_view provider, std::string_view body, const HeaderOf& header)>
      verify;
  // Queues the delivery to be committed, without waiting. Returns false where the queue is full; then `done`
  // is never called. Otherwise it is called at most once, by any thread, possibly after the listener has
  // ended.
  std::function<bool(Delivered event, DeliveryDone done)> deliver;
};

}  // namespace keeper
