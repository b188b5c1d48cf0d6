#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

TEST_CASE("a legacy session takes its timeout from the body, then the query, then five minutes") {
  Running running;
  const auto timeout = [&](const char* target, const char* body) {
    return running.call("POST", target, body).body["timeout_minutes"];
  };
  CHECK(timeout("/session/start", "{}") == 5);
  CHECK(timeout("/session/start?session_timeout=12", "{}") == 12);
  CHECK(timeout("/session/start?session_timeout=12", R"({"session_timeout_minutes":7})") == 7);
}

TEST_CASE(
    "the legacy start answers the client's full shape with naive timestamps, or the documented minimum") {
  Running running;
  const Json full = running.call("POST", "/session/start", R"({"session_id":null,"keep_alive":true})").body;
  CHECK(full["status"] == "active");
  CHECK(full["created_at"].get<std::string>().find('Z') == std::string::npos);
  CHECK(full["error"].is_null());
  running.control("POST", "/faults", {{"legacy_answer", "minimum"}});
  const Json minimum = running.call("POST", "/session/start", "{}").body;
  CHECK(minimum.size() == 2);
  CHECK(minimum.contains("session_id"));
}

TEST_CASE("the legacy dialect refuses bad input with 400") {
  Running running;
  CHECK(running.call("POST", "/session/start", R"({"session_timeout_minutes":31})").status == 400);
  CHECK(running.call("POST", "/session/start?session_timeout=0", "{}").status == 400);
  CHECK(running.call("POST", "/session/start", R"({"session_id":"mine"})").status == 400);
  CHECK(running.call("POST", "/session/start", "[]").status == 400);
  CHECK(running.call("POST", "/session/close", R"({"session_id":"unknown"})").status == 400);
  CHECK(running.call("POST", "/session/start", "{}", {}).status == 401);
}

TEST_CASE("a legacy session is closed by name and lives by its operations") {
  Running running;
  const std::string id = running.call("POST", "/session/start", "{}").body["session_id"];
  const std::string named = dump(Json{{"session_id", id}});
  running.advance(200);
  const Reply observed = running.call("POST", "/env/observe", named);
  CHECK(observed.status == 200);
  CHECK(observed.body["session"]["session_id"] == id);
  running.advance(200);
  CHECK(running.call("POST", "/env/step", named).body["session"]["status"] == "active");
  CHECK(running.call("POST", "/session/close", named).body["status"] == "closed");
  CHECK(running.call("POST", "/env/scrape", named).status == 400);
  const std::string other = running.call("POST", "/session/start", "{}").body["session_id"];
  running.advance(301);
  CHECK(running.remote(other)["state"] == "timed_out");
}

TEST_CASE("a legacy operation without a session makes one and ends it unless told to keep it") {
  Running running;
  const std::string brief = running.call("POST", "/env/observe", "{}").body["session"]["session_id"];
  CHECK(running.remote(brief)["end_reason"] == "closed_after_operation");
  const std::string kept =
      running.call("POST", "/env/observe", R"({"keep_alive":true})").body["session"]["session_id"];
  CHECK(running.remote(kept)["state"] == "active");
}

TEST_CASE("legacy keep_alive outlives the timeout only where switched so") {
  Running running;
  const auto state_after_timeout = [&](const char* query, const char* body) {
    const std::string id =
        running.call("POST", std::string("/session/start") + query, body).body["session_id"];
    running.advance(301);
    return running.remote(id)["state"];
  };
  CHECK(state_after_timeout("?keep_alive=true", R"({"keep_alive":true})") == "timed_out");
  running.control("POST", "/faults", {{"legacy_keep_alive", "query_outlives"}});
  CHECK(state_after_timeout("", R"({"keep_alive":true})") == "timed_out");
  CHECK(state_after_timeout("?keep_alive=true", "{}") == "active");
  running.control("POST", "/faults", {{"legacy_keep_alive", "outlives"}});
  CHECK(state_after_timeout("", R"({"keep_alive":true})") == "active");
}
