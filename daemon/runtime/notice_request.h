// Notice request: the HTTP request that carries one message to a notification target.
// The function keeps no state, and any thread may call it.
#pragma once

#include "base/secret.h"
#include "base/time.h"
#include "core/model.h"
#include "net/http_client.h"

namespace keeper {

// A message as Standard Webhooks 1.0.0 has it (github.com/standard-webhooks): webhook-id, webhook-timestamp
// and, with a secret, webhook-signature "v1,<base64 of HMAC-SHA256 over id.timestamp.body>".
HttpRequest notice_request(const MessageRow& message, const InstanceId& instance, const Secret& secret,
                           Wall now);

}  // namespace keeper
