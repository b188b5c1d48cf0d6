#include "provider/described/webhook_reader.h"

#include "base/text.h"
#include "config/types.h"
#include "config/value.h"
#include "provider/described/pointer_reader.h"
#include "provider/webhook.h"

namespace keeper::config {
namespace {

using namespace types;

// {body} must stand in it, else the signature would say nothing of the message.
std::string fault_of_signed(std::string_view text) {
  constexpr std::string_view header_mark = "header.";
  bool holds_body = false;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return "'signed' has a brace that is not closed";
    const std::string_view mark = text.substr(at + 1, end - at - 1);
    if (mark == "body") {
      holds_body = true;
    } else if (!mark.starts_with(header_mark) || mark.size() == header_mark.size()) {
      return "'signed' knows {body} and {header.NAME}, not {" + printable(mark, 60) + "}";
    }
  }
  return holds_body ? "" : "'signed' must hold {body}";
}

void read_hmac(const Node& node, Problems& problems, DescribedWebhook& webhook) {
  webhook.header = text_at(node, "header").value_or("");
  if (webhook.header.empty())
    problems.error(node.place, "scheme hmac needs 'header', which holds the signature");
  webhook.signed_text = text_at(node, "signed").value_or("{body}");
  if (const std::string fault = fault_of_signed(webhook.signed_text); !fault.empty())
    problems.error(value_at(node, "signed")->place, fault);
  if (choice_or_default(node, described_webhook_section(), "encoding") == "base64")
    webhook.encoding = DescribedWebhook::Encoding::base64;
}

void read_events(const Node& node, Problems& problems, DescribedWebhook& webhook) {
  const Node* events = value_at(node, "events");
  if (events == nullptr || !events->is_map()) return;
  for (const Entry& entry : events->entries) {
    if (webhook_event(entry.value.text)) {
      webhook.events[entry.key] = entry.value.text;
    } else {
      problems.error(entry.value.place, "'events' maps to starting, started, stopping, stopped or failed");
    }
  }
}

}  // namespace

const Section& described_webhook_section() {
  static const Section section{
      "described webhook",
      {
          {.name = "scheme",
           .types = {choice({"standard_webhooks", "hmac"})},
           .doc = "How messages are signed: as standardwebhooks.com says (Svix too), or by HMAC-SHA256.",
           .required = true},
          {.name = "secret",
           .types = {of(Kind::secret)},
           .doc = "What signs them; whsec_ and base64 for standard_webhooks.",
           .required = true},
          {.name = "header",
           .types = {of(Kind::text)},
           .doc = "Of hmac: the header that holds the signature."},
          {.name = "signed",
           .types = {of(Kind::text)},
           .doc = "Of hmac: the text that is signed; {body} is the raw body, {header.NAME} the value of a "
                  "header. "
                  "Without it: {body}."},
          {"encoding", {choice({"hex", "base64"})}, "hex", "Of hmac: how the signature is written."},
          {.name = "type",
           .types = {of(Kind::text)},
           .doc = "JSON pointer into a message to its type.",
           .required = true},
          {.name = "id",
           .types = {of(Kind::text)},
           .doc = "JSON pointer into a message to the session's id.",
           .required = true},
          {.name = "events",
           .types = {of(Kind::texts)},
           .doc =
               "The types that say something of a session, each to starting, started, stopping, stopped or "
               "failed.",
           .required = true},
      }};
  return section;
}

std::optional<DescribedWebhook> read_described_webhook(const Node& http, ProviderReading& reading) {
  const Node* node = value_at(http, "webhook");
  if (node == nullptr || !node->is_map()) return std::nullopt;
  Problems& problems = reading.problems;
  DescribedWebhook webhook;
  webhook.secret = reading.outside.secret(*node, "secret");
  if (!is_good_signing_secret(webhook.secret.reveal()))
    problems.error(
        node->place,
        "the 'secret' of a webhook that begins with whsec_ must go on with base64 of 24 to 64 bytes");
  webhook.type = read_pointer_at(*node, "type", problems);
  webhook.id = read_pointer_at(*node, "id", problems);
  read_events(*node, problems, webhook);
  if (text_at(*node, "scheme") == "hmac") {
    webhook.scheme = DescribedWebhook::Scheme::hmac;
    read_hmac(*node, problems, webhook);
    return webhook;
  }
  for (const char* key : {"header", "signed", "encoding"}) {
    if (const Node* given = value_at(*node, key))
      problems.error(given->place, "'" + std::string(key) + "' is for scheme hmac alone");
  }
  return webhook;
}

}  // namespace keeper::config
