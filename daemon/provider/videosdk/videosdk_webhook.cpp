#include "provider/videosdk/videosdk_webhook.h"

#include <array>
#include <optional>
#include <utility>

namespace keeper {
namespace {

// The agent-cloud pages' names, and those of the newer product (docs.videosdk.live, user-webhooks).
constexpr std::array<std::string_view, 2> families{"ai-deployment-session-", "agent-session-"};

std::optional<WebhookEvent> followed_event(std::string_view type) {
  for (const std::string_view family : families) {
    if (type.starts_with(family)) return webhook_event(type.substr(family.size()));
  }
  return std::nullopt;
}

// Picks what counts out of a message while it is parsed, without building the rest of it: half the time. As
// with a whole document, the last of several values of one name counts.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  std::optional<std::string> webhook_type, type, session_id;
  bool is_object = false;

  bool null() override { return take(std::nullopt); }
  bool boolean(bool) override { return take(std::nullopt); }
  bool number_integer(number_integer_t number) override { return take_number(number); }
  bool number_unsigned(number_unsigned_t number) override { return take_number(number); }
  bool number_float(number_float_t number, const string_t&) override { return take_number(number); }
  bool string(string_t& text) override { return take(std::move(text)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    if (depth_ <= 2) names_[depth_ - 1] = std::move(name);
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object = true;
    return open(true);
  }
  bool start_array(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool take_number(const Json& number) {
    take(std::nullopt);
    if (is_session_id()) session_id = id_text(number);
    return true;
  }
  bool is_session_id() const { return depth_ == 2 && in_data_ && names_[1] == "sessionId"; }
  bool take(std::optional<std::string> text) {
    if (depth_ == 1 && names_[0] == "webhookType")
      webhook_type = std::move(text);
    else if (depth_ == 1 && names_[0] == "type")
      type = std::move(text);
    else if (depth_ == 1 && names_[0] == "data")
      session_id.reset();
    else if (is_session_id())
      session_id = std::move(text);
    return true;
  }
  bool open(bool object) {
    take(std::nullopt);
    if (depth_ == 1) in_data_ = object && names_[0] == "data";
    return ++depth_ <= json_depth_max;
  }
  bool close() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  std::array<std::string, 2> names_;  // of the member that is being read, at the top and below it
  bool in_data_ = false;
};

}  // namespace

Result<Delivery> videosdk_delivery(std::string body, const ProviderName& provider, Wall received_at) {
  Reader read;
  std::string room;
  const std::string_view text = mended_json(body, &room);
  if (has_nul(text) || !Json::sax_parse(text, &read))
    return Error{ErrorKind::malformed, "the body is not JSON"};
  if (!read.is_object) return Error{ErrorKind::malformed, "the body is not a JSON object"};
  const auto& type = read.webhook_type ? read.webhook_type : read.type;
  if (!type || type->empty()) return Error{ErrorKind::malformed, "the body has no webhookType"};
  const RemoteId remote_id = normalised_id(read.session_id.value_or(""));
  const auto event = followed_event(*type);
  if (event && remote_id.empty()) return Error{ErrorKind::malformed, "the body has no data.sessionId"};
  return delivery_of(provider, *type, remote_id, event, std::move(body), received_at);
}

}  // namespace keeper
