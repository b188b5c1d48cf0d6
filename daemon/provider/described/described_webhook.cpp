#include "provider/described/described_webhook.h"

#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "net/encoding.h"
#include "net/standard_webhooks.h"
#include "provider/answer_json.h"

namespace keeper {
namespace {

using Authenticity = WebhookVerifier::Authenticity;

// Svix sends the three headers under its own name.
bool has_standard_signature(std::string_view body, const HeaderOf& header, const Secret& secret) {
  for (const std::string prefix : {"webhook-", "svix-"}) {
    const StandardWebhook message{header(prefix + "id"), header(prefix + "timestamp"), body};
    if (is_signed(message, header(prefix + "signature"), secret)) return true;
  }
  return false;
}

// Empty where a header that it names is not there.
std::string signed_text(const std::string& text, std::string_view body, const HeaderOf& header) {
  constexpr std::string_view body_mark = "{body}";
  constexpr std::string_view header_mark = "{header.";
  std::string filled;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const std::size_t end = rest.find('}');
    if (rest.starts_with(body_mark)) {
      filled += body;
      at += body_mark.size();
    } else if (rest.starts_with(header_mark) && end != std::string_view::npos) {
      const std::string_view value =
          header(lower_case(rest.substr(header_mark.size(), end - header_mark.size())));
      if (value.empty()) return {};
      filled += value;
      at += end + 1;
    } else {
      filled += text[at++];
    }
  }
  return filled;
}

const Json* at_pointer(const Json& message, const std::string& pointer) {
  const Json::json_pointer where(pointer);
  return message.contains(where) ? &message.at(where) : nullptr;
}

}  // namespace

bool DescribedWebhooks::has_hmac(std::string_view body, const HeaderOf& header) const {
  constexpr std::string_view prefix = "sha256=";
  std::string_view given = header(lower_case(described_.header));
  if (given.starts_with(prefix)) given.remove_prefix(prefix.size());
  const std::string text = signed_text(described_.signed_text, body, header);
  if (given.empty() || text.empty() || described_.secret.empty()) return false;
  const std::string mac = hmac_sha256(described_.secret.reveal(), text);
  if (described_.encoding == DescribedWebhook::Encoding::base64) {
    const auto bytes = decode_base64(given);
    return bytes && equal_in_constant_time(*bytes, mac);
  }
  return equal_in_constant_time(lower_case(given), hex_of(mac));
}

Authenticity DescribedWebhooks::authenticity(std::string_view body, const HeaderOf& header) {
  const bool genuine = described_.scheme == DescribedWebhook::Scheme::standard_webhooks
                           ? has_standard_signature(body, header, described_.secret)
                           : has_hmac(body, header);
  return genuine ? Authenticity::genuine : Authenticity::forged;
}

Result<Delivery> DescribedWebhooks::read(std::string body, Wall received_at) const {
  const auto message = parse_json(body);
  if (!message) return Error{ErrorKind::malformed, "the body is not JSON"};
  const Json* type = at_pointer(*message, described_.type);
  if (type == nullptr || !type->is_string() || type->get_ref<const std::string&>().empty())
    return Error{ErrorKind::malformed, "the body has no text at " + described_.type};
  const auto known = described_.events.find(type->get<std::string>());
  const auto event =
      known != described_.events.end() ? webhook_event(known->second) : std::optional<WebhookEvent>();
  const Json* id = at_pointer(*message, described_.id);
  const RemoteId remote = id != nullptr ? plain_id(id_text(*id)) : RemoteId();
  if (event && remote.empty())
    return Error{ErrorKind::malformed, "the body names no session at " + described_.id};
  return delivery_of(name_, type->get<std::string>(), remote, event, std::move(body), received_at);
}

std::shared_ptr<WebhookVerifier> make_described_webhooks(const ProviderSettings& settings,
                                                         const std::string&) {
  if (!settings.description.webhook) return nullptr;
  return std::make_shared<DescribedWebhooks>(settings.name, *settings.description.webhook);
}

}  // namespace keeper
