#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

using Names = std::vector<std::string>;

Names names_of(const Json& object) {
  Names names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("Notte's answers have the documented fields, in their order") {
  Running running;
  const Names full = {"session_id",
                      "idle_timeout_minutes",
                      "timeout_minutes",
                      "max_duration_minutes",
                      "created_at",
                      "closed_at",
                      "last_accessed_at",
                      "duration",
                      "status",
                      "steps",
                      "error",
                      "proxies",
                      "browser_type",
                      "use_file_storage",
                      "network_request_bytes",
                      "network_response_bytes",
                      "user_agent",
                      "viewport_width",
                      "viewport_height",
                      "headless",
                      "solve_captchas",
                      "cdp_url",
                      "viewer_url",
                      "web_bot_auth",
                      "auth_ids",
                      "system_hidden"};
  const std::string id = running.start_notte();
  CHECK(names_of(running.call("GET", "/sessions/" + id).body) == full);
  CHECK(names_of(running.call("GET", "/sessions").body) ==
        Names{"items", "page", "page_size", "has_next", "has_previous"});
  CHECK(names_of(running.call("POST", "/session/start", "{}").body) == Names{"session_id", "timeout_minutes",
                                                                             "created_at", "last_accessed_at",
                                                                             "duration", "status", "error"});
}

TEST_CASE("VideoSDK's answers have the documented fields, in their order") {
  Running running;
  const std::string path = "/ai/v1/ai-deployment-sessions";
  const std::string id = running.start_videosdk("http://127.0.0.1:9/hook", {});
  CHECK(names_of(running.videosdk("GET", path + "/" + id).body) ==
        Names{"sessionId", "status", "deploymentId", "tag", "start", "createdAt", "updatedAt"});
  const Json ended = running.videosdk("POST", path + "/end", dump(Json{{"sessionId", id}})).body;
  CHECK(names_of(ended) == Names{"message", "data"});
  CHECK(names_of(ended["data"]) == Names{"sessionId", "status", "deploymentId", "tag", "start", "end",
                                         "duration", "createdAt", "updatedAt"});
  const Json list = running.videosdk("GET", path).body;
  CHECK(names_of(list) == Names{"data", "pageInfo"});
  CHECK(list["data"][0].contains("webhook"));
  CHECK(list["data"][0].contains("metadata"));
}

TEST_CASE("Sonoran's answers have the documented fields, in their order") {
  Running running;
  const Json started = running.call("POST", "/v2/community/sessions", R"({"serverId":1,"accId":"a"})").body;
  CHECK(names_of(started) == Names{"success", "data", "meta"});
  CHECK(names_of(started["data"]) == Names{"id", "sysStatus", "community", "serverId", "startedBy",
                                           "startedAt", "endedBy", "endedAt", "cancelledBy", "stats",
                                           "metadata"});
  CHECK(started["meta"]["timestamp"].get<std::string>().size() ==
        std::string("2026-11-20T10:00:00.412Z").size());
  const Json problem = running.call("GET", "/v2/community/sessions/current", "", {}).body;
  CHECK(names_of(problem) == Names{"type", "title", "status", "detail", "instance", "traceId"});
}

TEST_CASE("nested or broken JSON is refused without harm") {
  Running running;
  const std::string deep(100000, '[');
  CHECK(running.call("POST", "/sessions/start", deep).status == 422);
  CHECK(running.call("POST", "/sessions/start", "{\"user_agent\":\"\xff\"}").status == 422);
  CHECK(running.call("POST", "/sessions/start", std::string(2 * 1024 * 1024, ' ')).status == 413);
  CHECK(running.call("POST", "/sessions/start", "{}").status == 200);
}

TEST_CASE("times are written as the providers write them") {
  using namespace std::chrono;
  const Time time = Time(seconds(1795168800)) + microseconds(123456);
  CHECK(iso_time(time, 6, "Z") == "2026-11-20T10:00:00.123456Z");
  CHECK(iso_time(time, 3, "+00:00") == "2026-11-20T10:00:00.123+00:00");
  CHECK(http_date(time) == "Fri, 20 Nov 2026 10:00:00 GMT");
  CHECK(iso_duration(microseconds(38)) == "PT0.000038S");
  CHECK(iso_duration(minutes(14) + microseconds(12749499)) == "PT14M12.749499S");
  CHECK(iso_duration(hours(25) + seconds(3)) == "P1DT1H3.000000S");
  CHECK(dump_spaced(Json{{"a", "x:\",y"}, {"b", {1, 2}}}) == R"({"a": "x:\",y", "b": [1, 2]})");
}
