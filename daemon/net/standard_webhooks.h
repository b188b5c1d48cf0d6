// Standard Webhooks (standardwebhooks.com), which Svix uses as well: how a message is signed with a shared
// secret. The signed text is id.timestamp.body, the signature "v1," and the base64 of its HMAC-SHA256. Any
// thread; no state.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace keeper {

// What the three headers webhook-id, webhook-timestamp and webhook-signature say.
struct StandardWebhook {
  std::string_view id;
  std::string_view timestamp;  // Unix seconds
  std::string_view body;
};

// `secret`: "whsec_" and the base64 of the key's bytes, or the bytes themselves.
std::string sign(const StandardWebhook& message, const Secret& secret);

// `signatures`: one or several, with blanks in between, as a sender gives them while its secret changes. The
// timestamp is signed and not judged: a message that comes again says nothing new.
bool is_signed(const StandardWebhook& message, std::string_view signatures, const Secret& secret);

}  // namespace keeper
