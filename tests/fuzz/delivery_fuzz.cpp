// The body of a delivery, as anybody who has the key could send it.
#include "fuzz/fuzz.h"
#include "provider/codec.h"
#include "provider/webhook.h"

using namespace keeper;
using namespace keeper::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(text_of(data, size));
  const auto first = parse_delivery(body, ProviderName{"agents"}, Wall{});
  if (!first) {
    require(!first.error().what.empty(), "a refusal says why");
    return 0;
  }
  const DeliveryRow& row = first->row;
  require(row.body == body, "the raw bytes are kept");
  require(!row.key.empty() && !row.type.empty(), "it can be told from others");
  require(!first->followed || !row.remote_id.empty(), "what is followed names its session");
  require(normalised_id(row.remote_id.str()) == row.remote_id || row.remote_id.empty(), "an id is normal already");
  const auto again = parse_delivery(body + " ", ProviderName{"agents"}, Wall{});
  require(again.ok() && (!first->followed || again->row.key == row.key), "blanks after it make no other delivery of it");
  return 0;
}
