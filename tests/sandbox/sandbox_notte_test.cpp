#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

TEST_CASE("a Notte session starts active with the documented fields") {
  Running running;
  const Reply reply =
      running.call("POST", "/sessions/start", R"({"idle_timeout_minutes":5,"max_duration_minutes":10})");
  REQUIRE(reply.status == 200);
  CHECK(reply.body["idle_timeout_minutes"] == 5);
  CHECK(reply.body["timeout_minutes"] == 5);
  CHECK(reply.body["max_duration_minutes"] == 10);
  CHECK(reply.body["status"] == "active");
  CHECK(reply.body["closed_at"].is_null());
  CHECK(reply.body["created_at"] == reply.body["last_accessed_at"]);
  CHECK(reply.body["created_at"].get<std::string>().size() ==
        std::string("2026-11-20T10:00:00.123456Z").size());
  CHECK(reply.header("X-RateLimit-Limit") == "100");
  CHECK(reply.header("Date").find("GMT") != std::string::npos);
}

TEST_CASE("Notte's defaults are three minutes idle and fifteen at most") {
  Running running;
  const Reply reply = running.call("POST", "/sessions/start", "{}");
  CHECK(reply.body["idle_timeout_minutes"] == 3);
  CHECK(reply.body["max_duration_minutes"] == 15);
}

TEST_CASE("Notte refuses a start that breaks its rules, in FastAPI's shape") {
  Running running;
  const auto issue = [&](const char* body) {
    const Reply reply = running.call("POST", "/sessions/start", body);
    CHECK(reply.status == 422);
    CHECK(reply.body["message"] == "Validation error");
    return reply.body["detail"][0];
  };
  const Json too_long = issue(R"({"idle_timeout_minutes":99})");
  CHECK(too_long["loc"] == Json({"body", "idle_timeout_minutes"}));
  CHECK(too_long["msg"] == "Input should be less than or equal to 30");
  CHECK(too_long["type"] == "less_than_equal");
  CHECK(too_long["input"] == 99);
  CHECK(too_long["ctx"]["le"] == 30);
  CHECK(issue(R"({"max_duration_minutes":0})")["type"] == "greater_than");
  CHECK(issue(R"({"idle_timeout_minutes":"5m"})")["type"] == "int_type");
  CHECK(issue(R"({"idle_timeout_minutes":20,"max_duration_minutes":10})")["type"] == "value_error");
  CHECK(issue(R"({"timeoutMinutes":30})")["type"] == "extra_forbidden");
  CHECK(issue(R"({"headless":"yes"})")["type"] == "bool_type");
  CHECK(issue(R"({"browser_type":"firefox"})")["type"] == "literal_error");
  CHECK(issue("{")["type"] == "json_invalid");
  CHECK(issue("")["type"] == "missing");
  CHECK(running.control("GET", "/remotes").body["remotes"].empty());
}

TEST_CASE("Notte refuses a missing or wrong key with 401") {
  Running running;
  CHECK(running.call("POST", "/sessions/start", "{}", {}).status == 401);
  CHECK(running.call("GET", "/sessions", "", {{"Authorization", "sandbox-key"}}).status == 401);
  CHECK(running.call("GET", "/sessions", "", {{"Authorization", "Bearer other"}}).body.contains("message"));
}

TEST_CASE("a Notte session ends at its idle timeout, and an operation restarts that clock") {
  Running running;
  const std::string id = running.start_notte(R"({"idle_timeout_minutes":5,"max_duration_minutes":60})");
  const std::string before = running.remote(id)["last_activity_at"];
  running.advance(200);
  CHECK(running.call("POST", "/sessions/" + id + "/page/observe", R"({"perception_type":"fast"})").status ==
        200);
  CHECK(running.remote(id)["last_activity_at"].get<std::string>() > before);
  running.advance(200);
  CHECK(running.call("GET", "/sessions/" + id).body["status"] == "active");
  running.advance(101);
  const Json ended = running.call("GET", "/sessions/" + id).body;
  CHECK(ended["status"] == "timed_out");
  CHECK(ended["closed_at"].is_string());
  CHECK(ended["duration"].get<std::string>().rfind("PT8M2", 0) == 0);
  CHECK(running.remote(id)["end_reason"] == "idle_timeout");
}

TEST_CASE("reading a Notte session does not restart its idle clock unless switched so") {
  Running running;
  const std::string body = R"({"idle_timeout_minutes":5,"max_duration_minutes":60})";
  const std::string idle = running.start_notte(body);
  running.advance(200);
  CHECK(running.call("GET", "/sessions/" + idle).body["status"] == "active");
  running.advance(101);
  CHECK(running.call("GET", "/sessions/" + idle).body["status"] == "timed_out");

  REQUIRE(running.control("POST", "/faults", {{"notte_touching_calls", {"status"}}}).status == 201);
  const std::string touched = running.start_notte(body);
  running.advance(200);
  running.call("GET", "/sessions/" + touched);
  running.advance(200);
  CHECK(running.call("GET", "/sessions/" + touched).body["status"] == "active");
  running.advance(200);
  running.call("POST", "/sessions/" + touched + "/page/observe", "{}");
  running.advance(101);
  CHECK(running.call("GET", "/sessions/" + touched).body["status"] == "timed_out");
}

TEST_CASE("activity does not move a Notte session's maximum duration") {
  Running running;
  const std::string id = running.start_notte(R"({"idle_timeout_minutes":10,"max_duration_minutes":15})");
  running.advance(8 * 60);
  CHECK(running.call("POST", "/sessions/" + id + "/page/execute", "{}").status == 200);
  running.advance(7 * 60 + 1);
  CHECK(running.call("GET", "/sessions/" + id).body["status"] == "timed_out");
  CHECK(running.remote(id)["end_reason"] == "max_duration");
}

TEST_CASE("Notte's stop closes a session, and a second one answers as switched") {
  Running running;
  const std::string id = running.start_notte();
  const Reply stopped = running.call("DELETE", "/sessions/" + id + "/stop");
  CHECK(stopped.status == 200);
  CHECK(stopped.body["status"] == "closed");
  CHECK(stopped.body["closed_at"].is_string());
  CHECK(running.call("DELETE", "/sessions/" + id + "/stop").status == 200);
  running.control("POST", "/faults", {{"notte_second_stop", "error"}});
  CHECK(running.call("DELETE", "/sessions/" + id + "/stop").status == 400);
  CHECK(running.call("DELETE", "/sessions/unknown/stop").status == 404);
  CHECK(running.call("POST", "/sessions/" + id + "/page/observe", "{}").status == 404);
  running.control("POST", "/faults", {{"notte_operation_on_ended", "closed"}});
  CHECK(running.call("POST", "/sessions/" + id + "/page/observe", "{}").status == 400);
}

TEST_CASE("Notte's list is paged, newest first, and can hide ended and foreign sessions") {
  Keys keys;
  keys.notte = {"sandbox-key", "other-key"};
  Running running(keys);
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(running.start_notte());
  running.call("POST", "/sessions/start", "{}", {{"Authorization", "Bearer other-key"}});
  running.call("DELETE", "/sessions/" + ids[1] + "/stop");
  const Json mine = running.call("GET", "/sessions?only_active=true&only_current_token=true").body;
  REQUIRE(mine["items"].size() == 2);
  CHECK(mine["items"][0]["session_id"] == ids[2]);
  CHECK(mine["items"][1]["session_id"] == ids[0]);
  const Json page = running.call("GET", "/sessions?only_active=false&page=2&page_size=3").body;
  REQUIRE(page["items"].size() == 1);
  CHECK(page["items"][0]["session_id"] == ids[0]);
  CHECK(page["has_previous"] == true);
  CHECK(page["has_next"] == false);
  CHECK(running.call("GET", "/sessions?page=1&page_size=2").body["has_next"] == true);
  CHECK(running.call("GET", "/sessions?page=0").status == 422);
}

TEST_CASE("every Notte operation counts as activity, and observe answers without a session block") {
  Running running;
  const std::string id = running.start_notte(R"({"idle_timeout_minutes":1,"max_duration_minutes":60})");
  for (const char* operation : {"observe", "execute", "scrape", "screenshot"}) {
    running.advance(45);
    CHECK(running.call("POST", "/sessions/" + id + "/page/" + operation, "{}").status == 200);
  }
  const Json observed = running.call("POST", "/sessions/" + id + "/page/observe", "{}").body;
  CHECK(observed.contains("metadata"));
  CHECK_FALSE(observed.contains("session"));
  running.control("POST", "/faults", {{"notte_observe_fails", true}});
  running.advance(45);
  const Reply failed = running.call("POST", "/sessions/" + id + "/page/observe", "{}");
  CHECK(failed.status == 500);
  CHECK(failed.body["status"] == 500);
  running.advance(16);
  CHECK(running.call("GET", "/sessions/" + id).body["status"] == "timed_out");
}

TEST_CASE("Notte's undocumented answers follow their switches") {
  Running running;
  running.control(
      "POST", "/faults",
      {{"notte_timestamps", "naive"}, {"notte_status_after_idle", "closed"}, {"notte_strict_fields", false}});
  const std::string id = running.start_notte(R"({"timeoutMinutes":30})");
  CHECK(running.call("GET", "/sessions/" + id).body["created_at"].get<std::string>().back() != 'Z');
  running.advance(181);
  CHECK(running.call("GET", "/sessions/" + id).body["status"] == "closed");

  const httplib::Headers keyed = {{"Authorization", "Bearer sandbox-key"}, {"Idempotency-Key", "k1"}};
  const std::string once = running.call("POST", "/sessions/start", "{}", keyed).body["session_id"];
  CHECK(running.call("POST", "/sessions/start", "{}", keyed).body["session_id"] != once);
  running.control("POST", "/faults", {{"notte_idempotency_key", true}});
  const std::string again = running.call("POST", "/sessions/start", "{}", keyed).body["session_id"];
  CHECK(running.call("POST", "/sessions/start", "{}", keyed).body["session_id"] == again);
}

TEST_CASE("Notte's rate and concurrency limits answer 429 when switched on") {
  Running running;
  running.control("POST", "/faults", {{"notte_concurrency_limit", 1}});
  running.start_notte();
  CHECK(running.call("POST", "/sessions/start", "{}").status == 429);
  running.control("POST", "/faults", {{"notte_rate_limit_per_minute", 3}});
  running.advance(60);
  for (int i = 0; i < 3; ++i) CHECK(running.call("GET", "/sessions").status == 200);
  const Reply limited = running.call("GET", "/sessions");
  CHECK(limited.status == 429);
  CHECK(limited.body["message"] == "Rate limit exceeded");
  CHECK(limited.header("X-RateLimit-Remaining") == "0");
  running.advance(60);
  CHECK(running.call("GET", "/sessions").status == 200);
}
