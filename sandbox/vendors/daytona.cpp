// Daytona (@daytona/api-client 0.218.0): boxes that stop once idle and are billed until they are deleted.
#include <algorithm>

#include "sandbox/vendors/reading.h"
#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace of_daytona {
namespace {

constexpr std::int64_t most_minutes = 1000000;

std::string take_start(const Json& body, VendorSession& session, Time now) {
  const auto stop = whole_number(body, "autoStopInterval", 15, 0, most_minutes);
  const auto erase = whole_number(body, "autoDeleteInterval", -1, -1, most_minutes);
  const auto lasts = whole_number(body, "ttlMinutes", 0, 0, most_minutes);
  const auto labels = object_of(body, "labels");
  if (!stop || !erase || !lasts || !labels)
    return "an interval must be a number of minutes, labels an object";
  session.tags = *labels;
  if (*stop > 0) session.idle = std::chrono::minutes(*stop);
  if (*erase >= 0) session.erased_after = std::chrono::minutes(*erase);
  if (*lasts > 0) session.deadline = now + std::chrono::minutes(*lasts);
  if (body.contains("name") && body["name"].is_string()) session.name = body["name"].get<std::string>();
  return "";
}

Json minutes_or(const std::optional<std::chrono::milliseconds>& time, int otherwise) {
  return time ? Json(std::chrono::duration_cast<std::chrono::minutes>(*time).count()) : Json(otherwise);
}

Json show(const Shown& shown) {
  const VendorSession& session = shown.session;
  Json row = {{"id", shown.remote.id},
              {"organizationId", "organization"},
              {"name", session.name.empty() ? shown.remote.id : session.name},
              {"snapshot", session.asked.value("snapshot", Json("daytona-small"))},
              {"user", "daytona"},
              {"labels", session.tags},
              {"public", false},
              {"networkBlockAll", false},
              {"target", session.asked.value("target", Json("us"))},
              {"cpu", 1},
              {"gpu", 0},
              {"memory", 1},
              {"disk", 3},
              {"state", shown.word},
              {"desiredState", shown.word},
              {"autoStopInterval", minutes_or(session.idle, 0)},
              {"autoDeleteInterval", minutes_or(session.erased_after, -1)},
              {"createdAt", time_text(shown.created_at)},
              {"updatedAt", time_text(shown.ended_at.value_or(shown.created_at))},
              {"lastActivityAt", time_text(shown.remote.last_activity_at)},
              {"toolboxProxyUrl", "https://proxy.example.org/toolbox"}};
  if (session.deadline) row["autoDestroyAt"] = time_text(*session.deadline);
  if (shown.place != Place::item) row["env"] = Json::object();
  return row;
}

// labels is a JSON object.
bool lists(const Shown& shown, const Request& request) {
  if (!asks_for(request, "states", shown.word)) return false;
  const auto labels = parse_json(request.query_value("labels").value_or("{}"));
  if (!labels || !labels->is_object()) return false;
  return std::all_of(labels->items().begin(), labels->items().end(), [&](const auto& each) {
    return each.value().is_string() && holds(shown.session.tags, each.key(), each.value());
  });
}

Answer tell(Page page) {
  return json_answer(200,
                     {{"items", page.items}, {"nextCursor", page.left > 0 ? Json(page.last_id) : Json()}});
}

Json error(int status, const std::string& message) {
  return {{"statusCode", status}, {"error", status == 404 ? "Not Found" : "Error"}, {"message", message}};
}

}  // namespace
}  // namespace of_daytona

const Vendor& daytona() {
  using namespace of_daytona;
  using Does = VendorCall::Does;
  static const Vendor vendor{
      .provider = Provider::daytona,
      .root = "/daytona/api",
      .key_header = "authorization",
      .id_digits = 0,
      .forgets = false,
      .bills_until_erased = true,
      .words = {"creating", "started", "stopped", "stopped", "error"},
      .list = {"items", "id", "state", "stopped", "started"},
      .query = {.limit = "limit", .after = "cursor", .usual = 100, .most = 200},
      .calls = {{Does::start, Operation::start, "POST", "/sandbox", 200, nullptr, take_start},
                {Does::list, Operation::list, "GET", "/sandbox"},
                {Does::read, Operation::read, "GET", "/sandbox/{id}"},
                {Does::extend, Operation::activity, "POST", "/sandbox/{id}/last-activity", 201, ""},
                {Does::stop, Operation::stop, "POST", "/sandbox/{id}/stop"},
                {Does::erase, Operation::stop, "DELETE", "/sandbox/{id}"}},
      .show = show,
      .lists = lists,
      .shows_erased = nullptr,
      .page = tell,
      .error = error};
  return vendor;
}

}  // namespace sandbox
