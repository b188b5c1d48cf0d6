// The answers of the webhook listener as bytes. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/event.h"

namespace keeper {

struct WebhookReply {
  int status = 200;
  std::string body;
  bool closes = false;
  bool confirms_keep_alive = false;  // HTTP/1.0 wants it said
};

WebhookReply reply_to(Ack ack);
WebhookReply refusal(int status, std::string_view detail);

// Writes head and body over `out`. 405 names the method allowed, 503 when to come again.
void write_reply(const WebhookReply& reply, std::string& out);

}  // namespace keeper
