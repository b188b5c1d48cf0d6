#include <algorithm>
#include <cstdlib>

#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

std::size_t remotes(Running& running) { return running.control("GET", "/remotes").body["remotes"].size(); }

}  // namespace

TEST_CASE("a fault strikes the calls it names, as often as it says") {
  Running running;
  const Reply added = running.control(
      "POST", "/faults", {{"provider", "notte"}, {"operation", "start"}, {"times", 2}, {"status", 503}});
  CHECK(added.status == 201);
  CHECK(added.body["id"].is_string());
  CHECK(running.call("GET", "/sessions").status == 200);
  CHECK(running.call("POST", "/v2/community/sessions", R"({"serverId":1,"accId":"a"})").status == 201);
  for (int i = 0; i < 2; ++i) {
    const Reply failed = running.call("POST", "/sessions/start", "{}");
    CHECK(failed.status == 503);
    CHECK(failed.body["status"] == 503);
    CHECK(failed.body["session_id"].is_null());
  }
  CHECK(running.call("POST", "/sessions/start", "{}").status == 200);
  CHECK(remotes(running) == 2);
  CHECK(running.control("GET", "/faults").body["faults"][0]["hits"] == 2);
}

TEST_CASE("a reset before the effect leaves nothing behind, one after it a session nobody was told of") {
  Running running;
  running.control("POST", "/faults", {{"operation", "start"}, {"reset_before_effect", 1.0}, {"times", 1}});
  CHECK(running.call("POST", "/sessions/start", "{}").status == 0);
  CHECK(remotes(running) == 0);
  running.control("POST", "/faults", {{"operation", "start"}, {"reset_after_effect", 1.0}, {"times", 1}});
  CHECK(running.call("POST", "/sessions/start", "{}").status == 0);
  CHECK(remotes(running) == 1);
  const Json calls = running.control("GET", "/calls").body["calls"];
  CHECK(calls[1]["status"].is_null());
  CHECK(calls[1]["remote_id"].is_string());
  CHECK(running.call("POST", "/sessions/start", "{}").status == 200);
}

TEST_CASE("a reset that its probability spares does not count as one of the rule's times") {
  Running running;
  running.control("POST", "/faults", {{"reset_before_effect", 0.5}, {"times", 3}, {"seed", 5}});
  int resets = 0;
  for (int i = 0; i < 40; ++i) resets += running.call("GET", "/sessions").status == 0 ? 1 : 0;
  CHECK(resets == 3);
}

TEST_CASE("an error can be answered although the effect was applied") {
  Running running;
  running.control("POST", "/faults", {{"status", 500}, {"status_after_effect", true}, {"times", 1}});
  CHECK(running.videosdk("POST", "/ai/v1/ai-deployment-sessions/start", R"({"deploymentId":"d"})").status ==
        500);
  CHECK(remotes(running) == 1);
}

TEST_CASE("error bodies come in each provider's shape, as problem, as text or as HTML") {
  Running running;
  const auto next = [&](const Json& fault, const std::string& target) {
    Json once = fault;
    once["times"] = 1;
    REQUIRE(running.control("POST", "/faults", once).status == 201);
    return running.call("GET", target);
  };
  const std::string sonoran = "/v2/community/sessions/current?serverId=1";
  CHECK(next({{"status", 503}}, sonoran).header("Content-Type") == "application/problem+json");
  CHECK(next({{"status", 429}, {"retry_after", 7}}, sonoran).body.contains("request_id"));
  CHECK(next({{"status", 429}, {"retry_after", 7}}, sonoran).header("Retry-After") == "7");
  CHECK(next({{"status", 429}}, "/ai/v1/ai-deployment-sessions").body.contains("message"));
  CHECK(next({{"status", 402}}, "/sessions").status == 402);
  CHECK(next({{"status", 529}}, "/sessions").body["status"] == 529);
  const Reply gateway = next({{"status", 502}}, "/sessions");
  CHECK(gateway.header("Content-Type") == "text/html");
  CHECK(gateway.text.find("502 Bad Gateway") != std::string::npos);
  CHECK(next({{"status", 503}, {"body", "text"}}, "/sessions").header("Content-Type") == "text/plain");
  CHECK(next({{"status", 503}, {"body", "problem"}}, "/sessions").body["title"] == "Server Error");
  const Reply lie = next({{"status", 200}}, "/sessions");
  CHECK(lie.status == 200);
  CHECK(lie.body.contains("detail"));
}

TEST_CASE("a redirect is absolute and the redirected call passes") {
  Running running;
  running.control("POST", "/faults", {{"status", 307}});
  const Reply redirect = running.call("POST", "/sessions/start?x=1", "{}");
  CHECK(redirect.status == 307);
  const std::string location = redirect.header("Location");
  const std::string origin = running.sandbox().api_url();
  REQUIRE(location == origin + "/redirected/sessions/start?x=1");
  CHECK(running.call("POST", location.substr(origin.size()), "{}").status == 200);
}

TEST_CASE("latency delays the answer after its effect, or before it if asked") {
  using namespace std::chrono;
  Running running;
  running.control("POST", "/faults", {{"latency_ms", 1500}, {"operation", "start"}});
  int status = 0;
  const auto begun = steady_clock::now();
  std::thread caller([&] { status = running.call("POST", "/sessions/start", "{}").status; });
  wait_until([&] { return remotes(running) == 1; });
  const auto effect = steady_clock::now() - begun;
  caller.join();
  CHECK(status == 200);
  CHECK(effect < milliseconds(1400));
  CHECK(steady_clock::now() - begun >= milliseconds(1500));
  running.control("DELETE", "/faults");
  running.control("POST", "/faults",
                  {{"latency_ms", 1500}, {"latency_before_effect", true}, {"operation", "start"}});
  std::thread other([&] { status = running.call("POST", "/sessions/start", "{}").status; });
  std::this_thread::sleep_for(milliseconds(150));
  CHECK(remotes(running) == 1);
  other.join();
  CHECK(status == 200);
  CHECK(remotes(running) == 2);
}

TEST_CASE("the same seed strikes the same calls, and its probability is kept") {
  Running running;
  const auto pattern = [&](int seed) {
    running.control("DELETE", "/faults");
    running.control("POST", "/faults", {{"status", 503}, {"probability", 0.3}, {"seed", seed}});
    std::string struck;
    for (int i = 0; i < 100; ++i) struck += running.call("GET", "/sessions").status == 503 ? 'x' : '.';
    return struck;
  };
  const std::string first = pattern(7);
  CHECK(pattern(7) == first);
  CHECK(pattern(8) != first);
  const auto struck = std::count(first.begin(), first.end(), 'x');
  CHECK(struck > 15);
  CHECK(struck < 45);
}

TEST_CASE("the measured profile has the percentiles that were measured") {
  Faults faults;
  std::string problem;
  REQUIRE_FALSE(faults.add({{"latency_profile", "measured"}, {"seed", 3}}, problem).empty());
  std::vector<std::int64_t> times;
  for (int i = 0; i < 20000; ++i)
    times.push_back(faults.judge(Provider::notte, Operation::start).latency_after.count());
  std::sort(times.begin(), times.end());
  CHECK(std::abs(times[10000] - 269) < 14);
  CHECK(std::abs(times[19000] - 956) < 96);
  CHECK(std::abs(times[19800] - 2250) < 450);
  CHECK(times.back() <= 135000);
}

TEST_CASE("a slow body arrives whole, byte by byte") {
  Running running;
  running.control("POST", "/faults", {{"slow_body_ms", 300}, {"times", 1}});
  const auto begun = std::chrono::steady_clock::now();
  const Reply reply = running.call("GET", "/sessions");
  CHECK(reply.body.contains("items"));
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(290));
}

TEST_CASE("faults are listed with the switches, refused when unknown, and cleared with the switches") {
  Running running;
  const Json listed = running.control("GET", "/faults").body;
  CHECK(listed["faults"].empty());
  CHECK(listed["switches"]["notte_second_stop"]["value"] == "ok");
  CHECK(listed["switches"]["notte_second_stop"]["values"] == Json({"ok", "error"}));
  CHECK(running.control("POST", "/faults", {{"probabilty", 0.5}}).status == 400);
  CHECK(running.control("POST", "/faults", {{"probability", 2}}).status == 400);
  CHECK(running.control("POST", "/faults", {{"operation", "begin"}}).status == 400);
  CHECK(running.control("POST", "/faults", {{"notte_second_stop", "maybe"}}).status == 400);
  const std::string id =
      running.control("POST", "/faults", {{"status", 500}, {"notte_second_stop", "error"}}).body["id"];
  CHECK(running.control("DELETE", "/faults/" + id).status == 200);
  CHECK(running.control("DELETE", "/faults/" + id).status == 404);
  CHECK(running.control("GET", "/faults").body["switches"]["notte_second_stop"]["value"] == "error");
  CHECK(running.control("DELETE", "/faults").status == 200);
  CHECK(running.control("GET", "/faults").body["switches"]["notte_second_stop"]["value"] == "ok");
}

TEST_CASE("a list can lag, be cut, or hold items that no program can use, and the reads stay right") {
  Running running;
  const std::string first = running.start_notte();
  const std::string older = running.start_videosdk();
  running.advance(20);
  const std::string second = running.start_notte();
  const std::string younger = running.start_videosdk();
  const std::string agents = "/ai/v1/ai-deployment-sessions";
  const auto fault = [&](const Json& rule) {
    running.control("DELETE", "/faults");
    REQUIRE(running.control("POST", "/faults", rule).status == 201);
  };

  fault({{"list_hides_ms", 10000}});
  Json items = running.call("GET", "/sessions").body["items"];
  REQUIRE(items.size() == 1);
  CHECK(items[0]["session_id"] == first);
  Json list = running.videosdk("GET", agents).body;
  REQUIRE(list["data"].size() == 1);
  CHECK(list["data"][0]["sessionId"] == older);
  CHECK(list["pageInfo"]["totalItems"] == 1);
  CHECK(running.call("GET", "/sessions/" + second).status == 200);
  CHECK(running.videosdk("GET", agents + "/" + younger).status == 200);

  fault({{"list_shows_max", 1}});
  const Json cut = running.call("GET", "/sessions").body;
  CHECK(cut["items"].size() == 1);
  CHECK(cut["has_next"] == true);
  list = running.videosdk("GET", agents).body;
  CHECK(list["data"].size() == 1);
  CHECK(list["pageInfo"]["totalItems"] == 2);

  fault({{"list_odd_items", true}});
  const std::string text = running.call("GET", "/sessions").text;
  for (const char* odd : {"\\ud800", "1e400", "\xff", "[[[[", first.c_str(), second.c_str()})
    CHECK(text.find(odd) != std::string::npos);
  CHECK(running.call("GET", "/sessions/" + first).body["session_id"] == first);
}

TEST_CASE("the Date can be missing or wrong, and sessions can be said to be older than they are") {
  Running running;
  const std::string id = running.start_notte();
  const std::string right = running.remote(id)["created_at"];
  CHECK_FALSE(running.call("GET", "/sessions").header("Date").empty());
  running.control("POST", "/faults", {{"date_header", "missing"}, {"created_early_seconds", 3600}});
  const Reply read = running.call("GET", "/sessions/" + id);
  CHECK(read.header("Date").empty());
  CHECK(read.body["created_at"].get<std::string>() < right);
  CHECK(running.remote(id)["created_at"] == right);
  running.control("POST", "/faults", {{"date_header", "epoch"}});
  CHECK(running.call("GET", "/sessions").header("Date").find("1970") != std::string::npos);
}
