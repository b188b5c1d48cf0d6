// Makes the answers of the webhook listener and writes them as bytes. Any thread may use it; it has no state.
#pragma once

#include <string>
#include <string_view>

#include "core/event.h"

namespace keeper {

struct WebhookReply {
  int status = 200;
  std::string body;
  bool closes = false;
  bool omits_body = false;           // the answer to HEAD, which has the length of the body alone
  bool confirms_keep_alive = false;  // an HTTP/1.0 client expects "Connection: keep-alive"
};

WebhookReply reply_to(Ack ack);
WebhookReply refusal(int status, std::string_view detail);

// Replaces `out` with the head and the body. 405 has an Allow field, and 503 a Retry-After field.
void write_reply(const WebhookReply& reply, std::string& out);

}  // namespace keeper
