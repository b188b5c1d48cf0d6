// WebhookVerifier: the interface to the webhook messages of one provider, whether one is genuine and what it
// says. The providers that send webhooks implement it. Any thread may call it, several at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/model.h"

namespace keeper {

// The value of the header of that name in a request, in lower case; empty where the request has none, or
// several.
using HeaderOf = std::function<std::string_view(std::string_view name)>;

// What a message says of its session. The configuration's words for it are starting, started, stopping,
// stopped and failed, which is an end by a failure.
struct WebhookEvent {
  Progress progress = Progress::starting;
  bool failed = false;
  bool operator==(const WebhookEvent&) const = default;
};
std::optional<WebhookEvent> webhook_event(std::string_view word);

struct Delivery {
  DeliveryRow row;       // without id and session
  bool followed = true;  // a type that says something of a session
};

class WebhookVerifier {
 public:
  virtual ~WebhookVerifier() = default;

  // no_key: before any key was ever fetched, what has a signature may be genuine. May block while a key is
  // fetched.
  enum class Authenticity { genuine, forged, no_key };
  virtual Authenticity authenticity(std::string_view body, const HeaderOf& header) = 0;

  // What a genuine message says. Errors: malformed, with what the sender is answered with 400; never a
  // secret.
  virtual Result<Delivery> read(std::string body, Wall received_at) const = 0;
};

// The delivery of a message of this type. Without an event the type is not followed, and the message is kept
// once by its body's digest.
Delivery delivery_of(const ProviderName& provider, std::string_view type, const RemoteId& remote,
                     const std::optional<WebhookEvent>& event, std::string body, Wall received_at);

}  // namespace keeper
