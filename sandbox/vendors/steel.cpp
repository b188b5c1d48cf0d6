// Steel (steel-sdk 0.18.0): browsers with a fixed timeout; a start may name the id of its session.
#include "sandbox/vendors/reading.h"
#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace of_steel {
namespace {

std::string take_start(const Json& body, VendorSession& session, Time now) {
  const auto timeout = whole_number(body, "timeout", 300000, 1, 86400000);
  if (!timeout) return "timeout must be a number of milliseconds up to 86400000";
  session.deadline = now + std::chrono::milliseconds(*timeout);
  if (!body.contains("sessionId")) return "";
  const Json& id = body["sessionId"];
  if (!id.is_string() || id.get<std::string>().size() != 36) return "sessionId must be a UUID";
  session.id = id.get<std::string>();
  return "";
}

Json show(const Shown& shown) {
  const auto lasted = shown.ended_at ? *shown.ended_at - shown.created_at : Time::duration{0};
  return {{"id", shown.remote.id},
          {"createdAt", time_text(shown.created_at)},
          {"status", shown.word},
          {"duration", std::chrono::duration_cast<std::chrono::milliseconds>(lasted).count()},
          {"eventCount", 0},
          {"timeout", shown.session.asked.value("timeout", Json(300000))},
          {"creditsUsed", 0},
          {"websocketUrl", "wss://connect.example.org?sessionId=" + shown.remote.id},
          {"debugUrl", "https://api.example.org/v1/sessions/" + shown.remote.id + "/player"},
          {"sessionViewerUrl", "https://app.example.org/sessions/" + shown.remote.id},
          {"dimensions", {{"width", 1920}, {"height", 1080}}},
          {"proxyBytesUsed", 0},
          {"proxySource", nullptr},
          {"optimizeBandwidth", Json::object()},
          {"region", shown.session.asked.value("region", Json("lax"))}};
}

Answer tell(Page page) {
  Json body = {{"sessions", page.items}, {"nextCursor", page.left > 0 ? Json(page.last_id) : Json()}};
  body["totalCount"] = page.total;
  return json_answer(200, body);
}

}  // namespace
}  // namespace of_steel

const Vendor& steel() {
  using namespace of_steel;
  using Does = VendorCall::Does;
  static const Vendor vendor{
      .provider = Provider::steel,
      .root = "/steel",
      .key_header = "steel-api-key",
      .id_digits = 0,
      .forgets = false,
      .bills_until_erased = false,
      .words = {"live", "live", "released", "released", "failed"},
      .list = {"sessions", "id", "status", "released", "live"},
      .query = {.limit = "limit", .after = "cursorId", .usual = 50, .most = 100},
      .calls = {{Does::start, Operation::start, "POST", "/v1/sessions", 201, nullptr, take_start},
                {Does::list, Operation::list, "GET", "/v1/sessions"},
                {Does::read, Operation::read, "GET", "/v1/sessions/{id}"},
                {Does::stop, Operation::stop, "POST", "/v1/sessions/{id}/release", 200,
                 R"({"success":true,"message":"Session released successfully"})"}},
      .show = show,
      .lists = [](const Shown& shown,
                  const Request& request) { return asks_for(request, "status", shown.word); },
      .shows_erased = nullptr,
      .page = tell,
      .error =
          [](int, const std::string& message) {
            return Json{{"message", message}};
          }};
  return vendor;
}

}  // namespace sandbox
