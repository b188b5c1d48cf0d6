// E2B (e2b 2.51.0): sandboxes with a time to live that a call restarts, up to a day from the start.
#include <algorithm>

#include "sandbox/vendors/reading.h"
#include "sandbox/vendors/vendor.h"

namespace sandbox {
namespace of_e2b {
namespace {

constexpr std::int64_t longest_seconds = 86400;

std::string take_timeout(const Json& body, VendorSession& session, Time now) {
  const auto timeout = whole_number(body, "timeout", 15, 0, longest_seconds);
  if (!timeout) return "Timeout cannot be greater than 24 hours";
  const Time wanted = now + std::chrono::seconds(*timeout);
  session.deadline = std::min(wanted, session.latest.value_or(wanted));
  return "";
}

std::string take_start(const Json& body, VendorSession& session, Time now) {
  const auto metadata = object_of(body, "metadata");
  if (!body.contains("templateID") || !body["templateID"].is_string()) return "templateID is required";
  if (!metadata) return "metadata must be an object";
  session.tags = *metadata;
  session.latest = now + std::chrono::seconds(longest_seconds);
  return take_timeout(body, session, now);
}

Json show(const Shown& shown) {
  Json row = {{"sandboxID", shown.remote.id},
              {"templateID", shown.session.asked["templateID"]},
              {"envdVersion", "0.4.0"},
              {"clientID", "client"}};
  if (shown.place == Place::started) {
    row["envdAccessToken"] = "token-of-" + shown.remote.id;
    return row;
  }
  row["startedAt"] = time_text(shown.created_at);
  row["endAt"] = time_or_null(shown.session.deadline);
  row["state"] = shown.word;
  row["cpuCount"] = 2;
  row["memoryMB"] = 512;
  row["metadata"] = shown.session.tags;
  return row;
}

// metadata is a query of its own: KEY=VALUE&KEY=VALUE.
bool lists(const Shown& shown, const Request& request) {
  if (shown.ended_at || !asks_for(request, "state", shown.word)) return false;
  std::string pairs = request.query_value("metadata").value_or("");
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find('&'), pairs.size());
    const std::string pair = pairs.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (equals == pair.size() || !holds(shown.session.tags, pair.substr(0, equals), pair.substr(equals + 1)))
      return false;
    pairs.erase(0, end + 1);
  }
  return true;
}

Answer tell(Page page) {
  Answer answer = json_answer(200, page.items);
  if (page.left > 0) answer.headers.emplace_back("X-Next-Token", page.last_id);
  return answer;
}

Json error(int status, const std::string& message) { return {{"code", status}, {"message", message}}; }

}  // namespace
}  // namespace of_e2b

const Vendor& e2b() {
  using namespace of_e2b;
  using Does = VendorCall::Does;
  static const Vendor vendor{
      .provider = Provider::e2b,
      .root = "/e2b",
      .key_header = "x-api-key",
      .id_digits = 20,
      .forgets = true,
      .bills_until_erased = false,
      .words = {"running", "running", "killed", "killed", "killed"},
      .list = {"", "sandboxID", "state", "paused", "running"},
      .query = {.limit = "limit", .after = "nextToken", .usual = 100, .most = 100},
      .calls = {{Does::start, Operation::start, "POST", "/v2/sandboxes", 201, nullptr, take_start},
                {Does::list, Operation::list, "GET", "/v2/sandboxes"},
                {Does::read, Operation::read, "GET", "/sandboxes/{id}"},
                {Does::extend, Operation::activity, "POST", "/sandboxes/{id}/timeout", 204, "", take_timeout},
                {Does::stop, Operation::stop, "DELETE", "/sandboxes/{id}", 204, ""}},
      .show = show,
      .lists = lists,
      .shows_erased = nullptr,
      .page = tell,
      .error = error};
  return vendor;
}

}  // namespace sandbox
