// Browserbase (@browserbasehq/sdk 2.21.0): browsers with a fixed timeout, which nothing extends.
#include "sandbox/vendors/reading.h"
#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace of_browserbase {
namespace {

std::string take_start(const Json& body, VendorSession& session, Time now) {
  const auto timeout = whole_number(body, "timeout", 3600, 60, 21600);
  const auto metadata = object_of(body, "userMetadata");
  if (!timeout) return "body/timeout must be >= 60 and <= 21600";
  if (!metadata) return "body/userMetadata must be object";
  session.tags = *metadata;
  session.deadline = now + std::chrono::seconds(*timeout);
  return "";
}

std::string take_release(const Json& body, VendorSession&, Time) {
  return holds(body, "status", "REQUEST_RELEASE") ? "" : "body/status must be equal to constant";
}

Json show(const Shown& shown) {
  const std::string created = time_text(shown.created_at);
  Json row = {{"id", shown.remote.id},
              {"createdAt", created},
              {"updatedAt", time_text(shown.ended_at.value_or(shown.created_at))},
              {"projectId", shown.session.asked.value("projectId", Json("project-of-the-key"))},
              {"startedAt", created},
              {"expiresAt", time_or_null(shown.session.deadline)},
              {"status", shown.word},
              {"proxyBytes", 0},
              {"keepAlive", shown.session.asked.value("keepAlive", Json(false))},
              {"region", shown.session.asked.value("region", Json("us-west-2"))},
              {"userMetadata", shown.session.tags}};
  if (shown.ended_at) row["endedAt"] = time_text(*shown.ended_at);
  if (shown.place != Place::item) {
    row["connectUrl"] = "wss://connect.example.org/?sessionId=" + shown.remote.id;
    row["seleniumRemoteUrl"] = "https://selenium.example.org/webdriver";
    row["signingKey"] = "signing-key-of-" + shown.remote.id;
  }
  return row;
}

// q is user_metadata['KEY']:'VALUE'.
bool matches(const Json& metadata, const std::string& query) {
  const std::string opening = "user_metadata['";
  const std::string between = "']:'";
  const std::size_t middle = query.find(between);
  if (query.rfind(opening, 0) != 0 || middle == std::string::npos || query.back() != '\'') return false;
  const std::string key = query.substr(opening.size(), middle - opening.size());
  const std::size_t value = middle + between.size();
  return holds(metadata, key, query.substr(value, query.size() - value - 1));
}

bool lists(const Shown& shown, const Request& request) {
  const auto query = request.query_value("q");
  return asks_for(request, "status", shown.word) && (!query || matches(shown.session.tags, *query));
}

Json error(int status, const std::string& message) {
  return {{"statusCode", status}, {"error", status == 404 ? "Not Found" : "Error"}, {"message", message}};
}

}  // namespace
}  // namespace of_browserbase

const Vendor& browserbase() {
  using namespace of_browserbase;
  using Does = VendorCall::Does;
  static const Vendor vendor{
      .provider = Provider::browserbase,
      .root = "/browserbase",
      .key_header = "x-bb-api-key",
      .id_digits = 0,
      .forgets = false,
      .bills_until_erased = false,
      .words = {"PENDING", "RUNNING", "COMPLETED", "TIMED_OUT", "ERROR"},
      .list = {"", "id", "status", "COMPLETED", "RUNNING"},
      .query = {.usual = 100000, .most = 100000},
      .calls = {{Does::start, Operation::start, "POST", "/v1/sessions", 201, nullptr, take_start},
                {Does::list, Operation::list, "GET", "/v1/sessions"},
                {Does::read, Operation::read, "GET", "/v1/sessions/{id}"},
                {Does::stop, Operation::stop, "POST", "/v1/sessions/{id}", 200, nullptr, take_release}},
      .show = show,
      .lists = lists,
      .shows_erased = nullptr,
      .page = [](Page page) { return json_answer(200, page.items); },
      .error = error};
  return vendor;
}

}  // namespace sandbox
