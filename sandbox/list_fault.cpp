#include "sandbox/list_fault.h"

#include <algorithm>

namespace sandbox {
namespace {

// Ended ones with members that are no text, no number or no bounded tree, and one without an id, of which
// nobody knows whether it lives.
std::string odd_items(const char* id_member) {
  const std::string id = "{\"" + std::string(id_member) + "\":";
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  return id + R"("odd-1","status":"closed","note":"\ud800"},)" + id +
         "\"odd-2\",\"status\":\"closed\",\"note\":\"\xff\"}," + id +
         R"("odd-3","status":"closed","note":1e400},)" + id + R"("odd-4","status":"closed","note":)" + deep +
         "}," + id + "\"" + std::string(600, 'x') + R"(","status":"closed"},{"status":"active"})";
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
  if (!answer.contains("pageInfo")) return;
  const auto& all = world.ledger.all();
  const auto young = std::count_if(all.begin(), all.end(), [&](const Remote& remote) {
    return remote.provider == Provider::videosdk && remote.created_at > since;
  });
  Json& total = answer["pageInfo"]["totalItems"];
  total = total.get<std::int64_t>() - young;
}

}  // namespace

void spoil_list(const ListFault& fault, World& world, Answer& answer) {
  auto body = parse_json(answer.body);
  if (!body || !body->is_object()) return;
  const bool of_notte = body->contains("items");
  const char* const member = of_notte ? "items" : "data";
  const char* const id_member = of_notte ? "session_id" : "sessionId";
  if (!body->contains(member) || !(*body)[member].is_array()) return;
  Json& list = (*body)[member];
  if (fault.hides_ms > 0) hide_young(world, fault.hides_ms, id_member, list, *body);
  const auto most = static_cast<std::size_t>(fault.shows_max.value_or(1000000));
  if (list.size() > most) list.erase(list.begin() + static_cast<std::ptrdiff_t>(most), list.end());
  if (fault.shows_max && of_notte) (*body)["has_next"] = true;
  const bool is_empty = list.empty();
  answer.body = dump(*body);
  if (!fault.odd_items) return;
  const std::string opening = "\"" + std::string(member) + "\":[";
  answer.body.insert(answer.body.find(opening) + opening.size(),
                     odd_items(id_member) + (is_empty ? "" : ","));
}

}  // namespace sandbox
