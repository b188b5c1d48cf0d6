#include "sandbox/list_fault.h"

#include <algorithm>

#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace {

constexpr ListShape shape_of_notte{"items", "session_id", "status", "closed", "active"};
constexpr ListShape shape_of_videosdk{"data", "sessionId", "status", "closed", "active"};

// Ended ones with members that are no text, no number or no bounded tree, and one without an id, of which
// nobody knows whether it lives.
std::string odd_items(const ListShape& shape) {
  const std::string id = "{\"" + std::string(shape.id) + "\":";
  const std::string ended = ",\"" + std::string(shape.state) + "\":\"" + shape.ended + "\"";
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  return id + "\"odd-1\"" + ended + R"(,"note":"\ud800"},)" + id + "\"odd-2\"" + ended +
         ",\"note\":\"\xff\"}," + id + "\"odd-3\"" + ended + R"(,"note":1e400},)" + id + "\"odd-4\"" + ended +
         R"(,"note":)" + deep + "}," + id + "\"" + std::string(600, 'x') + "\"" + ended + "},{\"" +
         shape.state + "\":\"" + shape.live + "\"}";
}

Remote* shown_by(World& world, const Json& item, const char* id_member) {
  const std::string id = item.value(id_member, std::string());
  constexpr std::string_view prefix = "session-";
  return world.ledger.find(id.rfind(prefix, 0) == 0 ? id.substr(prefix.size()) : id);
}

void hide_young(World& world, int hides_ms, const char* id_member, Json& list, Json& answer) {
  const Time since = world.clock.now() - std::chrono::milliseconds(hides_ms);
  const auto is_young = [&](const Json& item) {
    const Remote* remote = shown_by(world, item, id_member);
    return remote && remote->created_at > since;
  };
  list.erase(std::remove_if(list.begin(), list.end(), is_young), list.end());
  if (!answer.is_object() || !answer.contains("pageInfo")) return;
  const auto& all = world.ledger.all();
  const auto young = std::count_if(all.begin(), all.end(), [&](const Remote& remote) {
    return remote.provider == Provider::videosdk && remote.created_at > since;
  });
  Json& total = answer["pageInfo"]["totalItems"];
  total = total.get<std::int64_t>() - young;
}

}  // namespace

void spoil_list(const ListFault& fault, Provider provider, World& world, Answer& answer) {
  auto body = parse_json(answer.body);
  const Vendor* const vendor = vendor_of(provider);
  const bool of_notte = provider == Provider::notte;
  const ListShape shape = vendor ? vendor->list : of_notte ? shape_of_notte : shape_of_videosdk;
  const std::string member = shape.member;
  if (!body || (member.empty() ? !body->is_array() : !body->is_object() || !body->contains(member))) return;
  Json& list = member.empty() ? *body : (*body)[member];
  if (!list.is_array()) return;
  if (fault.hides_ms > 0) hide_young(world, fault.hides_ms, shape.id, list, *body);
  const auto most = static_cast<std::size_t>(fault.shows_max.value_or(1000000));
  if (list.size() > most) list.erase(list.begin() + static_cast<std::ptrdiff_t>(most), list.end());
  if (fault.shows_max && of_notte) (*body)["has_next"] = true;
  const bool is_empty = list.empty();
  answer.body = dump(*body);
  if (!fault.odd_items) return;
  const std::string opening = member.empty() ? "[" : "\"" + member + "\":[";
  answer.body.insert(answer.body.find(opening) + opening.size(), odd_items(shape) + (is_empty ? "" : ","));
}

}  // namespace sandbox
