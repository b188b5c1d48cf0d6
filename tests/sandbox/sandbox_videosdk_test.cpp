#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

const std::string kDeploymentSessions = "/ai/v1/ai-deployment-sessions";

std::string status_of(Running& running, const std::string& id) {
  return running.videosdk("GET", kDeploymentSessions + "/" + id).body["status"];
}

Reply end_session(Running& running, const std::string& id) {
  return running.videosdk("POST", kDeploymentSessions + "/end", dump(Json{{"sessionId", id}}));
}

}  // namespace

TEST_CASE("a VideoSDK session is queued, then runs, and is completed by end") {
  Running running;
  running.control("POST", "/faults", {{"videosdk_queued_ms", 60000}});
  const Reply started =
      running.videosdk("POST", kDeploymentSessions + "/start", R"({"deploymentId":"d1","tag":"v1.0"})");
  REQUIRE(started.status == 200);
  CHECK(started.body["message"] == "Session started successfully");
  CHECK(started.body["data"]["status"] == "queued");
  CHECK_FALSE(started.body["data"].contains("end"));
  const std::string id = started.body["data"]["sessionId"];
  running.advance(30);
  CHECK(status_of(running, id) == "queued");
  running.advance(31);
  CHECK(status_of(running, id) == "running");
  running.advance(43);
  const Reply ended = end_session(running, id);
  CHECK(ended.status == 200);
  CHECK(ended.body["data"]["status"] == "completed");
  CHECK(ended.body["data"]["duration"] >= 104);
  CHECK(ended.body["data"]["duration"] < 120);
  CHECK(ended.body["data"]["updatedAt"].get<std::string>() < ended.body["data"]["end"].get<std::string>());
  const Json details = running.videosdk("GET", kDeploymentSessions + "/" + id).body;
  CHECK(details["sessionId"] == id);
  CHECK_FALSE(details.contains("data"));
  CHECK_FALSE(details.contains("metadata"));
}

TEST_CASE("a VideoSDK session runs by itself after a second of real time") {
  Running running;
  const std::string id = running.start_videosdk();
  wait_until([&] { return running.remote(id)["state"] == "running"; });
}

TEST_CASE("VideoSDK takes only a bare, valid, unexpired token of the right key") {
  Running running;
  const Time now = real_now();
  const auto hour = std::chrono::hours(1);
  const auto status = [&](const std::string& authorization) {
    return running.call("GET", kDeploymentSessions, "", {{"Authorization", authorization}}).status;
  };
  const std::string good = mint_token("sandbox-key", "sandbox-secret", now, now + hour);
  CHECK(status(good) == 200);
  CHECK(status("Bearer " + good) == 401);
  CHECK(status(mint_token("sandbox-key", "other-secret", now, now + hour)) == 401);
  CHECK(status(mint_token("other-key", "sandbox-secret", now, now + hour)) == 401);
  CHECK(status(mint_token("sandbox-key", "sandbox-secret", now - 2 * hour, now - hour)) == 401);
  CHECK(status("eyJhbGciOiJub25lIn0.e30.") == 401);
  CHECK(running.call("GET", kDeploymentSessions, "", {}).body.contains("message"));
  running.advance(7200);
  CHECK(status(good) == 200);
}

TEST_CASE("VideoSDK's list spells endpoint and metadata in lower case and pages newest first") {
  Running running;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(running.start_videosdk("http://127.0.0.1:9/hook", {"started"}));
  const Json page = running.videosdk("GET", kDeploymentSessions + "?page=1&perPage=2").body;
  REQUIRE(page["data"].size() == 2);
  CHECK(page["data"][0]["sessionId"] == ids[2]);
  CHECK(page["data"][0]["webhook"]["endpoint"] == "http://127.0.0.1:9/hook");
  CHECK(page["data"][0]["metadata"]["k"] == "v");
  CHECK(page["pageInfo"] == Json{{"totalItems", 3}, {"currentPage", 1}, {"perPage", 2}, {"total", 3}});
  CHECK(running.videosdk("GET", kDeploymentSessions + "?page=2&perPage=2").body["data"].size() == 1);
  running.control("POST", "/faults",
                  {{"videosdk_page_total", "pages"}, {"videosdk_list_order", "oldest_first"}});
  const Json other = running.videosdk("GET", kDeploymentSessions + "?perPage=2").body;
  CHECK(other["pageInfo"]["total"] == 2);
  CHECK(other["data"][0]["sessionId"] == ids[0]);
}

TEST_CASE("VideoSDK refuses bad calls with a message") {
  Running running;
  const auto start = [&](const char* body) {
    return running.videosdk("POST", kDeploymentSessions + "/start", body).status;
  };
  CHECK(start("{}") == 400);
  CHECK(start("not json") == 400);
  CHECK(start(R"({"deploymentId":"d","env":{"A":1}})") == 400);
  CHECK(start(R"({"deploymentId":"d","webhook":{"endPoint":"ftp://x"}})") == 400);
  CHECK(running.videosdk("GET", kDeploymentSessions + "/unknown").status == 404);
  CHECK(running.videosdk("POST", kDeploymentSessions + "/end", "{}").status == 400);
  CHECK(end_session(running, "unknown").body.contains("message"));
}

TEST_CASE("VideoSDK's undocumented answers follow their switches") {
  Running running;
  const std::string id = running.start_videosdk();
  CHECK(end_session(running, "session-" + id).status == 200);
  CHECK(end_session(running, id).status == 200);
  running.control("POST", "/faults",
                  {{"videosdk_end_of_ended", "error_409"}, {"videosdk_not_found_status", 402}});
  CHECK(end_session(running, id).status == 409);
  CHECK(running.videosdk("GET", kDeploymentSessions + "/unknown").status == 402);
  running.control("POST", "/faults",
                  {{"videosdk_success_status", 201},
                   {"videosdk_rest_id_prefix", true},
                   {"videosdk_status_words", "title"}});
  const Reply started = running.videosdk("POST", kDeploymentSessions + "/start", R"({"deploymentId":"d"})");
  CHECK(started.status == 201);
  CHECK(started.body["data"]["status"] == "Queued");
  CHECK(started.body["data"]["sessionId"].get<std::string>().rfind("session-", 0) == 0);
  running.control("POST", "/faults",
                  {{"videosdk_metadata_in_details", true}, {"videosdk_error_shape", "status_code"}});
  CHECK(running.videosdk("GET", kDeploymentSessions + "/" + id).body["metadata"]["k"] == "v");
  CHECK(running.videosdk("GET", kDeploymentSessions + "/unknown").body["statusCode"] == 402);
}

TEST_CASE("a VideoSDK start may fail, stick, or take its time to stop, as switched") {
  Running running;
  running.control("POST", "/faults", {{"videosdk_start_outcome", "failed"}});
  const std::string failing = running.start_videosdk();
  running.advance(1.1);
  CHECK(status_of(running, failing) == "failed");
  running.control("POST", "/faults", {{"videosdk_start_outcome", "stuck"}});
  const std::string stuck = running.start_videosdk();
  running.advance(1000);
  CHECK(status_of(running, stuck) == "queued");
  running.control("POST", "/faults", {{"videosdk_start_outcome", "running"}, {"videosdk_stopping_ms", 5000}});
  CHECK(end_session(running, stuck).body["data"]["status"] == "stopping");
  running.advance(5.1);
  CHECK(status_of(running, stuck) == "completed");
}

TEST_CASE("a VideoSDK session ends 90 s after nobody joined, and 5 s after the last one left") {
  Running running;
  const std::string attended = running.start_videosdk();
  running.control("POST", "/faults", {{"videosdk_participant", false}});
  const std::string lonely = running.start_videosdk();
  running.advance(80);
  CHECK(status_of(running, lonely) == "running");
  running.advance(12);
  CHECK(status_of(running, lonely) == "completed");
  CHECK(status_of(running, attended) == "running");
  CHECK(running.control("POST", "/remotes/" + attended + "/leave").status == 200);
  running.advance(2);
  CHECK(running.control("POST", "/remotes/" + attended + "/join").status == 200);
  running.advance(10);
  CHECK(status_of(running, attended) == "running");
  running.control("POST", "/remotes/" + attended + "/leave");
  running.advance(6);
  CHECK(running.remote(attended)["end_reason"] == "no_participants");
}

TEST_CASE("VideoSDK's newer product dispatches by room") {
  Running running;
  const Reply reply =
      running.videosdk("POST", "/v2/agent/dispatch", R"({"agentId":"ag_1","roomId":"room-1"})");
  CHECK(reply.status == 200);
  CHECK(reply.body["data"]["status"] == "assigned");
  CHECK(running.videosdk("POST", "/v2/agent/dispatch", R"({"agentId":"ag_1"})").status == 400);
  CHECK(running.videosdk("POST", "/ai/v1/ai-deployments", R"({"name":"n"})")
            .body["data"]
            .contains("deploymentId"));
}
