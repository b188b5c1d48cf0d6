// Kernel (@onkernel/sdk 0.84.0): browsers that end once idle; each may have a name of its own.
#include "sandbox/vendors/reading.h"
#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace of_kernel {
namespace {

std::string take_start(const Json& body, VendorSession& session, Time) {
  const auto timeout = whole_number(body, "timeout_seconds", 60, 10, 259200);
  const auto tags = object_of(body, "tags");
  if (!timeout) return "timeout_seconds must be between 10 and 259200";
  if (!tags) return "tags must be an object";
  session.tags = *tags;
  session.idle = std::chrono::seconds(*timeout);
  if (body.contains("name") && body["name"].is_string()) session.name = body["name"].get<std::string>();
  return "";
}

Json show(const Shown& shown) {
  const Json& asked = shown.session.asked;
  Json row = {
      {"session_id", shown.remote.id},
      {"created_at", time_text(shown.created_at)},
      {"cdp_ws_url", "wss://proxy.example.org/browser/cdp?session=" + shown.remote.id},
      {"webdriver_ws_url", "wss://proxy.example.org/browser/bidi?session=" + shown.remote.id},
      {"headless", asked.value("headless", Json(false))},
      {"stealth", asked.value("stealth", Json(false))},
      {"timeout_seconds", std::chrono::duration_cast<std::chrono::seconds>(*shown.session.idle).count()}};
  if (!shown.session.name.empty()) row["name"] = shown.session.name;
  if (!shown.session.tags.empty()) row["tags"] = shown.session.tags;
  if (shown.ended_at) row["deleted_at"] = time_text(*shown.ended_at);
  return row;
}

bool lists(const Shown& shown, const Request& request) {
  const std::string status = request.query_value("status").value_or("active");
  if (status != "all" && (status == "deleted") != shown.ended_at.has_value()) return false;
  for (const auto& [name, value] : request.query) {
    if (name.rfind("tags[", 0) != 0 || name.back() != ']') continue;
    if (!holds(shown.session.tags, name.substr(5, name.size() - 6), value)) return false;
  }
  return true;
}

// X-Next-Offset is 0 on the last page.
Answer tell(Page page) {
  Answer answer = json_answer(200, page.items);
  answer.headers.emplace_back("X-Limit", std::to_string(page.limit));
  answer.headers.emplace_back("X-Offset", std::to_string(page.offset));
  answer.headers.emplace_back("X-Has-More", page.left > 0 ? "true" : "false");
  answer.headers.emplace_back("X-Next-Offset",
                              std::to_string(page.left > 0 ? page.offset + page.items.size() : 0));
  return answer;
}

Json error(int status, const std::string& message) {
  const char* code = status == 404 ? "not_found" : status == 409 ? "conflict" : "bad_request";
  return {{"code", code}, {"message", message}};
}

}  // namespace
}  // namespace of_kernel

const Vendor& kernel() {
  using namespace of_kernel;
  using Does = VendorCall::Does;
  static const Vendor vendor{
      .provider = Provider::kernel,
      .root = "/kernel",
      .key_header = "authorization",
      .id_digits = 24,
      .forgets = true,
      .bills_until_erased = false,
      .words = {"active", "active", "deleted", "deleted", "deleted"},
      .list = {"", "session_id", "status", "deleted", "active"},
      .query = {.limit = "limit", .offset = "offset", .usual = 20, .most = 100},
      .calls = {{Does::start, Operation::start, "POST", "/browsers", 200, nullptr, take_start},
                {Does::list, Operation::list, "GET", "/browsers"},
                {Does::read, Operation::read, "GET", "/browsers/{id}"},
                {Does::extend, Operation::activity, "POST", "/browsers/{id}/computer/get_mouse_position", 200,
                 R"({"x":0,"y":0})"},
                {Does::stop, Operation::stop, "DELETE", "/browsers/{id}", 204, ""}},
      .show = show,
      .lists = lists,
      .shows_erased = [](const Request& request) { return request.query_value("include_deleted") == "true"; },
      .page = tell,
      .error = error};
  return vendor;
}

}  // namespace sandbox
