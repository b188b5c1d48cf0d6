// The body of a delivery, as anybody who has the key could send it.
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "provider/answer_json.h"
#include "provider/videosdk/videosdk_webhook.h"

using namespace keeper;
using namespace keeper::fuzz;

namespace {

// What the whole document says.
std::string type_of(const Json& whole) {
  return printable(text_at(whole, "webhookType").value_or(text_at(whole, "type").value_or("")), 100);
}
RemoteId id_of(const Json& whole) {
  return normalised_id(id_text(member(member(whole, "data"), "sessionId")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(text_of(data, size));
  const auto first = videosdk_delivery(body, ProviderName{"agents"}, Wall{});
  const auto whole = parse_json(body);
  if (!first) {
    require(!first.error().what.empty(), "a refusal says why");
    require(!whole || !whole->is_object() || type_of(*whole).empty() || id_of(*whole).empty(),
            "what is refused lacks something");
    return 0;
  }
  require(whole && whole->is_object(), "it is an object");
  require(type_of(*whole) == first->row.type && id_of(*whole) == first->row.remote_id,
          "it says what the whole document says");
  const DeliveryRow& row = first->row;
  require(row.body == body, "the raw bytes are kept");
  require(!row.key.empty() && !row.type.empty(), "it can be told from others");
  require(!first->followed || !row.remote_id.empty(), "what is followed names its session");
  require(normalised_id(row.remote_id.str()) == row.remote_id || row.remote_id.empty(),
          "an id is normal already");
  const auto again = videosdk_delivery(body + " ", ProviderName{"agents"}, Wall{});
  require(again.ok() && (!first->followed || again->row.key == row.key),
          "blanks after it make no other delivery of it");
  return 0;
}
