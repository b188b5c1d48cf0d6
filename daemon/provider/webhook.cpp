#include "provider/webhook.h"

#include <array>

#include "base/digest.h"
#include "base/text.h"

namespace keeper {
namespace {

struct Event {
  std::string_view suffix;
  Progress progress;
  bool failed;
};

constexpr std::array<Event, 5> events{{{"starting", Progress::starting, false},
                                       {"started", Progress::started, false},
                                       {"stopping", Progress::stopping, false},
                                       {"stopped", Progress::ended, false},
                                       {"failed", Progress::ended, true}}};
// The agent-cloud pages' names, and those of the newer product (docs.videosdk.live, user-webhooks).
constexpr std::array<std::string_view, 2> families{"ai-deployment-session-", "agent-session-"};

const Event* followed_event(std::string_view type) {
  for (const std::string_view family : families) {
    if (type.substr(0, family.size()) != family) continue;
    for (const Event& event : events) {
      if (type.substr(family.size()) == event.suffix) return &event;
    }
  }
  return nullptr;
}

}  // namespace

Result<Delivery> parse_delivery(std::string body, const ProviderName& provider, Wall received_at) {
  const auto json = parse_json(body);
  if (!json) return Error{ErrorKind::malformed, "the body is not JSON"};
  if (!json->is_object()) return Error{ErrorKind::malformed, "the body is not a JSON object"};
  auto type = text_at(*json, "webhookType");
  if (!type) type = text_at(*json, "type");
  if (!type || type->empty()) return Error{ErrorKind::malformed, "the body has no webhookType"};
  const RemoteId remote_id = normalised_id(text_at(member(*json, "data"), "sessionId").value_or(""));
  const Event* event = followed_event(*type);
  if (event != nullptr && remote_id.empty())
    return Error{ErrorKind::malformed, "the body has no data.sessionId"};

  Delivery delivery;
  DeliveryRow& row = delivery.row;
  row.provider = provider;
  row.type = printable(*type, 100);
  row.remote_id = remote_id;
  row.received_at = received_at;
  row.digest = sha256_hex(body);
  row.body = std::move(body);
  delivery.followed = event != nullptr;
  if (event == nullptr) {
    row.disposition = Disposition::ignored;
    row.key = "sha256|" + row.digest;
  } else {
    row.progress = event->progress;
    row.failed = event->failed;
    row.key = delivery_key(row.type, remote_id);
  }
  return delivery;
}

}  // namespace keeper
