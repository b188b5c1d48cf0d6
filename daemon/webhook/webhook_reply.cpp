#include "webhook/webhook_reply.h"

#include <ctime>

#include "base/check.h"
#include "base/problem_document.h"

namespace keeper {
namespace {

// IMF-fixdate (RFC 9110 §5.6.7), made once a second for each thread.
const std::string& http_date() {
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    char buffer[64];
    const std::size_t length = std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    text.assign(buffer, length);
    made_at = now;
  }
  return text;
}

std::string_view words_of(Ack ack) {
  switch (ack) {
    case Ack::recorded:
      return R"({"status":"recorded"})";
    case Ack::duplicate:
      return R"({"status":"duplicate"})";
    case Ack::held:
      return R"({"status":"held"})";
    case Ack::ignored:
      return R"({"status":"ignored"})";
    case Ack::loaded:
    case Ack::accepted:
    case Ack::unknown:
    case Ack::refused:
      break;
  }
  check_failed("an acknowledgement of a delivery", __FILE__, __LINE__);
}

}  // namespace

WebhookReply reply_to(Ack ack) { return {.status = 200, .body = std::string(words_of(ack))}; }

WebhookReply refusal(int status, std::string_view detail) {
  return {.status = status, .body = problem_json(status, detail)};
}

void write_reply(const WebhookReply& reply, std::string& out) {
  out.assign("HTTP/1.1 ");
  out += std::to_string(reply.status);
  out += ' ';
  out += reason_phrase(reply.status);
  out += "\r\nDate: ";
  out += http_date();
  out += reply.status == 200 ? "\r\nContent-Type: application/json"
                             : "\r\nContent-Type: application/problem+json";
  out += "\r\nContent-Length: ";
  out += std::to_string(reply.body.size());
  if (reply.status == 405) out += "\r\nAllow: POST";
  if (reply.status == 503) out += "\r\nRetry-After: 2";
  if (reply.closes) out += "\r\nConnection: close";
  if (reply.confirms_keep_alive) out += "\r\nConnection: keep-alive";
  out += "\r\n\r\n";
  if (!reply.omits_body) out += reply.body;
}

}  // namespace keeper
