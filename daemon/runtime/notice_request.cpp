#include "runtime/notice_request.h"

#include "net/standard_webhooks.h"
#include "provider/answer_json.h"

namespace keeper {
namespace {

std::string body_of(const MessageRow& message, const InstanceId& instance) {
  Json notices = Json::array();
  for (const Notice& notice : message.notices) {
    Json one{{"event", event_word(notice.topic, notice.phase)},
             {"status", to_string(notice.phase)},
             {"subject", notice.subject},
             {"at", to_rfc3339(notice.at)},
             {"text", notice.text}};
    if (notice.phase != Phase::happened) one["since"] = to_rfc3339(notice.since);
    if (notice.times > 1) one["times"] = notice.times;
    notices.push_back(std::move(one));
  }
  return json_text({{"type", "session_keeper.notices"},
                    {"timestamp", to_rfc3339(message.created_at)},
                    {"data", {{"instance", instance.str()}, {"notices", std::move(notices)}}}});
}

}  // namespace

HttpRequest notice_request(const MessageRow& message, const InstanceId& instance, const Secret& secret,
                           Wall now) {
  HttpRequest request{"POST", {}};
  request.body = body_of(message, instance);
  const std::string stamp = std::to_string(std::chrono::floor<Seconds>(now).time_since_epoch().count());
  request.headers = {{"webhook-id", message.id}, {"webhook-timestamp", stamp}};
  if (!secret.empty()) {
    request.headers.emplace_back("webhook-signature", sign({message.id, stamp, request.body}, secret));
  }
  return request;
}

}  // namespace keeper
