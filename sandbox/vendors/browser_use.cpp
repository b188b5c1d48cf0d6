// Browser Use Cloud, API v3 (browser-use-sdk 3.11.3): browsers with a fixed timeout in minutes.
#include "sandbox/vendors/reading.h"
#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace of_browser_use {
namespace {

std::string take_start(const Json& body, VendorSession& session, Time now) {
  const auto timeout = whole_number(body, "timeout", 60, 1, 240);
  const auto metadata = object_of(body, "metadata");
  if (!timeout) return "timeout: Input should be greater than or equal to 1 and less than or equal to 240";
  if (!metadata || metadata->size() > 10) return "metadata: at most 10 key-value pairs";
  session.tags = *metadata;
  session.deadline = now + std::chrono::minutes(*timeout);
  return "";
}

std::string take_action(const Json& body, VendorSession&, Time) {
  return holds(body, "action", "stop") ? "" : "action: Input should be 'stop'";
}

Json show(const Shown& shown) {
  return {{"id", shown.remote.id},
          {"status", shown.word},
          {"liveUrl", "https://live.example.org/" + shown.remote.id},
          {"cdpUrl", "https://" + shown.remote.id + ".cdp.example.org"},
          {"timeoutAt", time_or_null(shown.session.deadline)},
          {"startedAt", time_text(shown.created_at)},
          {"finishedAt", time_or_null(shown.ended_at)},
          {"proxyUsedMb", "0"},
          {"proxyCost", "0"},
          {"browserCost", "0.02"},
          {"agentSessionId", nullptr},
          {"recordingUrl", nullptr},
          {"metadata", shown.session.tags}};
}

Answer tell(Page page) {
  return json_answer(200, {{"items", page.items},
                           {"totalItems", page.total},
                           {"pageNumber", page.number},
                           {"pageSize", page.limit}});
}

}  // namespace
}  // namespace of_browser_use

const Vendor& browser_use() {
  using namespace of_browser_use;
  using Does = VendorCall::Does;
  static const Vendor vendor{
      .provider = Provider::browser_use,
      .root = "/browser-use/api/v3",
      .key_header = "x-browser-use-api-key",
      .id_digits = 0,
      .forgets = false,
      .bills_until_erased = false,
      .words = {"active", "active", "stopped", "stopped", "stopped"},
      .list = {"items", "id", "status", "stopped", "active"},
      .query = {.limit = "pageSize", .number = "pageNumber", .usual = 10, .most = 100},
      .calls = {{Does::start, Operation::start, "POST", "/browsers", 201, nullptr, take_start},
                {Does::list, Operation::list, "GET", "/browsers"},
                {Does::read, Operation::read, "GET", "/browsers/{id}"},
                {Does::stop, Operation::stop, "PATCH", "/browsers/{id}", 200, nullptr, take_action}},
      .show = show,
      .lists = [](const Shown& shown,
                  const Request& request) { return asks_for(request, "filterBy", shown.word); },
      .shows_erased = nullptr,
      .page = tell,
      .error =
          [](int, const std::string& message) {
            return Json{{"detail", message}};
          }};
  return vendor;
}

}  // namespace sandbox
