#include "provider/webhook.h"

#include <array>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace keeper {

std::optional<WebhookEvent> webhook_event(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, WebhookEvent>, 5> events{
      {{"starting", {Progress::starting, false}},
       {"started", {Progress::started, false}},
       {"stopping", {Progress::stopping, false}},
       {"stopped", {Progress::ended, false}},
       {"failed", {Progress::ended, true}}}};
  for (const auto& [name, event] : events) {
    if (name == word) return event;
  }
  return std::nullopt;
}

Delivery delivery_of(const ProviderName& provider, std::string_view type, const RemoteId& remote,
                     const std::optional<WebhookEvent>& event, std::string body, Wall received_at) {
  Delivery delivery;
  DeliveryRow& row = delivery.row;
  row.provider = provider;
  row.type = printable(type, 100);
  row.remote_id = remote;
  row.received_at = received_at;
  row.digest = sha256_hex(body);
  row.body = std::move(body);
  delivery.followed = event.has_value();
  if (event) {
    row.progress = event->progress;
    row.failed = event->failed;
    row.key = delivery_key(row.type, remote);
  } else {
    row.disposition = Disposition::ignored;
    row.key = "sha256|" + row.digest;
  }
  return delivery;
}

}  // namespace keeper
