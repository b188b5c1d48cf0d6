#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

const std::string kSessions = "/v2/community/sessions";
const std::string kCurrent = "/v2/community/sessions/current?serverId=1";
const std::string kBody = R"({"serverId":1,"accId":"c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21"})";

}  // namespace

TEST_CASE("a Sonoran session starts with 201 and is then the current one of its server") {
  Running running;
  const Reply started = running.call("POST", kSessions, kBody);
  REQUIRE(started.status == 201);
  CHECK(started.body["success"] == true);
  CHECK(started.body["meta"]["path"] == kSessions);
  const Json row = started.body["data"];
  CHECK(row["serverId"] == 1);
  CHECK(row["startedBy"] == "c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21");
  CHECK(row["endedAt"].is_null());
  CHECK(running.call("GET", kCurrent).body["data"] == row);
  CHECK(running.call("GET", "/v2/community/sessions/current?serverId=2").body["data"].is_null());
  CHECK(running.remote(row["id"])["metadata"] == Json{{"serverId", 1}, {"accId", row["startedBy"]}});
}

TEST_CASE("Sonoran's stop fills in the end, and current then shows nothing") {
  Running running;
  running.call("POST", kSessions, kBody);
  const Reply stopped = running.call("PATCH", kSessions, kBody);
  CHECK(stopped.status == 200);
  CHECK(stopped.body["data"]["endedBy"] == "c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21");
  CHECK(stopped.body["data"]["endedAt"].is_string());
  CHECK(running.call("GET", kCurrent).body["data"].is_null());
}

TEST_CASE("Sonoran's cancel takes a body in a DELETE and answers 204 with nothing at all") {
  Running running;
  const std::string id = running.call("POST", kSessions, kBody).body["data"]["id"];
  const Reply cancelled = running.call("DELETE", kSessions, kBody);
  CHECK(cancelled.status == 204);
  CHECK(cancelled.text.empty());
  CHECK(cancelled.header("Content-Length").empty());
  CHECK(running.remote(id)["state"] == "cancelled");
  CHECK(running.call("DELETE", kSessions, kBody).status == 404);
}

TEST_CASE("a second Sonoran start on one server is a conflict, or what the switch says") {
  Running running;
  const std::string id = running.call("POST", kSessions, kBody).body["data"]["id"];
  const Reply conflict = running.call("POST", kSessions, kBody);
  CHECK(conflict.status == 409);
  CHECK(conflict.header("Content-Type") == "application/problem+json");
  CHECK(conflict.body["instance"] == kSessions);
  running.control("POST", "/faults", {{"sonoran_double_start", "existing_200"}});
  const Reply existing = running.call("POST", kSessions, kBody);
  CHECK(existing.status == 200);
  CHECK(existing.body["data"]["id"] == id);
  running.control("POST", "/faults", {{"sonoran_double_start", "existing_201"}});
  CHECK(running.call("POST", kSessions, kBody).status == 201);
  running.control("POST", "/faults", {{"sonoran_double_start", "session_error"}});
  CHECK(running.call("POST", kSessions, kBody).status == 400);
  CHECK(running.control("GET", "/remotes").body["remotes"].size() == 1);
}

TEST_CASE("Sonoran's other undocumented answers follow their switches") {
  Running running;
  running.control("POST", "/faults", {{"sonoran_current_when_none", "not_found"}});
  CHECK(running.call("GET", kCurrent).status == 404);
  running.control("POST", "/faults", {{"sonoran_row_after_stop", true}, {"sonoran_stop_when_none", "ok"}});
  running.call("POST", kSessions, kBody);
  running.call("PATCH", kSessions, kBody);
  CHECK(running.call("GET", kCurrent).body["data"]["endedAt"].is_string());
  CHECK(running.call("PATCH", kSessions, kBody).status == 200);
  running.control("POST", "/faults", {{"sonoran_servers", {"7"}}});
  CHECK(running.call("POST", kSessions, kBody).status == 404);
  running.control("POST", "/faults",
                  {{"sonoran_servers", Json::array()},
                   {"sonoran_timestamps", "offset"},
                   {"sonoran_started_by_account", false}});
  const Json row = running.call("POST", kSessions, kBody).body["data"];
  CHECK(row["startedAt"].get<std::string>().find("+00:00") != std::string::npos);
  CHECK(row["startedBy"] != "c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21");
}

TEST_CASE("Sonoran refuses bad calls with problem documents") {
  Running running;
  const Reply missing = running.call("GET", kCurrent, "", {});
  CHECK(missing.status == 401);
  CHECK(missing.body["detail"] == "Missing Authorization header.");
  CHECK(missing.body["type"] == "https://httpstatuses.com/401");
  CHECK(running.call("GET", kCurrent, "", {{"Authorization", "Bearer wrong"}}).status == 401);
  CHECK(running.call("GET", "/v2/community/sessions/current").status == 400);
  CHECK(running.call("POST", kSessions, R"({"serverId":"1","accId":"a"})").status == 400);
  CHECK(running.call("POST", kSessions, R"({"serverId":1})").status == 400);
  CHECK(running.call("PUT", kSessions, kBody).status == 405);
  CHECK(running.call("GET", "/v2/community/other").status == 404);
}

TEST_CASE("Sonoran's ceilings are 27 a minute and 9 for cancel, when switched on") {
  Running running;
  running.control("POST", "/faults", {{"sonoran_rate_limit", true}});
  for (int i = 0; i < 27; ++i) REQUIRE(running.call("GET", kCurrent).status == 200);
  const Reply limited = running.call("GET", kCurrent);
  CHECK(limited.status == 429);
  CHECK(limited.body["message"] == "API rate limit exceeded");
  CHECK(limited.body["request_id"].get<std::string>().size() == 32);
  CHECK(limited.header("Retry-After") == "60");
  for (int i = 0; i < 9; ++i) REQUIRE(running.call("DELETE", kSessions, kBody).status == 404);
  CHECK(running.call("DELETE", kSessions, kBody).status == 429);
  CHECK(running.call("POST", kSessions, kBody).status == 201);
  running.advance(61);
  CHECK(running.call("GET", kCurrent).status == 200);
  running.control("POST", "/faults",
                  {{"sonoran_rate_limit_retry_after", false}, {"sonoran_rate_limit_block_seconds", 3600}});
  for (int i = 0; i < 26; ++i) REQUIRE(running.call("GET", kCurrent).status == 200);
  CHECK(running.call("GET", kCurrent).header("Retry-After").empty());
  running.advance(3590);
  CHECK(running.call("GET", kCurrent).status == 429);
  running.advance(11);
  CHECK(running.call("GET", kCurrent).status == 200);
}

TEST_CASE("Sonoran v1 serves the paths of its documentation and of its SDK") {
  Running running;
  const auto v1 = [&](const std::string& path, const std::string& type, const Json& first) {
    const Json body = {
        {"id", "COMM"}, {"key", "sandbox-key"}, {"type", type}, {"data", {first}}, {"product", 1}};
    return running.call("POST", path, dump(body), {});
  };
  const Json target = {{"serverId", 1}, {"accId", "acc"}};
  const Reply started = v1("/sessions/start", "START_SESSION", target);
  CHECK(started.status == 200);
  CHECK(started.body["serverId"] == 1);
  CHECK(v1("/servers/get_current_session", "GET_CURRENT_SESSION", {{"serverId", 1}}).body == started.body);
  CHECK(v1("/servers/stop_session", "STOP_SESSION", target).body["endedBy"] == "acc");
  CHECK(v1("/servers/start_session", "START_SESSION", target).status == 200);
  const Reply cancelled = v1("/sessions/cancel", "CANCEL_SESSION", target);
  CHECK(cancelled.status == 200);
  CHECK(cancelled.body["cancelledBy"] == "acc");
  CHECK(cancelled.body["endedAt"].is_null());
  CHECK(v1("/sessions/stop", "STOP_SESSION", target).text == "SESSION_ERROR");
  CHECK(v1("/sessions/start", "START_SESSION", Json::object()).text == "NO_SERVER_ID");
  CHECK(v1("/general/get_sub_version", "GET_SUB_VERSION", nullptr).text == "4");
  CHECK(v1("/servers/get_game_servers", "GET_GAME_SERVERS", nullptr).body["servers"].empty());
  CHECK(v1("/no/such/path", "ANY", nullptr).text == "Sonoran CMS: Backend Service Reached");
  const Reply refused =
      running.call("POST", "/sessions/start", R"({"id":"C","key":"bad","type":"START_SESSION"})", {});
  CHECK(refused.status == 400);
  CHECK(refused.text == "INVALID API KEY");
}

TEST_CASE("POST /sessions/start is Notte's unless it carries Sonoran's v1 credentials") {
  Running running;
  CHECK(running.call("POST", "/sessions/start", "{}").body.contains("session_id"));
  CHECK(running.call("POST", "/sessions/start", "{}", {}).status == 401);
  const std::string v1 =
      R"({"id":"C","key":"sandbox-key","type":"START_SESSION","data":[{"serverId":1,"accId":"a"}]})";
  CHECK(running.call("POST", "/sessions/start", v1, {}).body.contains("sysStatus"));
}
