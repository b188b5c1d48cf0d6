#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

// What a server sends to these bytes within two seconds, until it closes or `until` has come.
std::string raw_exchange(int port, const std::string& bytes, const std::string& until) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{.tv_sec = 2, .tv_usec = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::string received;
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    char buffer[4096];
    ssize_t count = 0;
    while (received.find(until) == std::string::npos &&
           (count = recv(descriptor, buffer, sizeof buffer, 0)) > 0) {
      received.append(buffer, static_cast<std::size_t>(count));
    }
    if (count < 0) received += errno == ECONNRESET ? "<reset>" : "<silence>";
  }
  close(descriptor);
  return received;
}

}  // namespace

TEST_CASE("the control plane lists every remote ever made, and the live ones apart") {
  Running running;
  const std::string ended = running.start_notte();
  const std::string alive = running.start_videosdk();
  running.call("DELETE", "/sessions/" + ended + "/stop");
  const Json all = running.control("GET", "/remotes").body["remotes"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["id"] == ended);
  CHECK(all[0]["provider"] == "notte");
  CHECK(all[0]["state"] == "closed");
  CHECK(all[0]["end_reason"] == "stopped");
  CHECK(all[0]["metadata"] == Json::object());
  CHECK(all[1]["provider"] == "videosdk");
  CHECK(all[1]["metadata"]["k"] == "v");
  CHECK(all[1]["ended_at"].is_null());
  const Json live = running.control("GET", "/remotes/live").body["remotes"];
  REQUIRE(live.size() == 1);
  CHECK(live[0]["id"] == alive);
}

TEST_CASE("a remote can be ended as somebody else would, once") {
  Running running;
  for (const char* as : {"closed", "error", "timed_out"}) {
    const std::string id = running.start_notte();
    CHECK(running.control("POST", "/remotes/" + id + "/end", {{"as", as}}).status == 200);
    CHECK(running.call("GET", "/sessions/" + id).body["status"] == as);
    CHECK(running.control("POST", "/remotes/" + id + "/end", {{"as", as}}).status == 409);
  }
  const Reply sonoran = running.call("POST", "/v2/community/sessions", R"({"serverId":1,"accId":"a"})");
  const std::string id = sonoran.body["data"]["id"];
  CHECK(running.control("POST", "/remotes/" + id + "/end", {{"as", "closed"}}).body["end_reason"] ==
        "ended_elsewhere");
  CHECK(running.call("GET", "/v2/community/sessions/current?serverId=1").body["data"].is_null());
  CHECK(running.control("POST", "/remotes/" + id + "/end", {{"as", "gone"}}).status == 400);
  CHECK(running.control("POST", "/remotes/unknown/end", {{"as", "closed"}}).status == 404);
}

TEST_CASE("advancing the clock moves Date and all timestamps") {
  Running running;
  running.advance(86400.0 * 40);
  const Time then = real_now() + std::chrono::hours(24 * 40);
  const Reply reply = running.call("POST", "/sessions/start", "{}");
  CHECK(reply.body["created_at"].get<std::string>().substr(0, 10) == iso_time(then, 3, "Z").substr(0, 10));
  CHECK(reply.header("Date").substr(0, 16) == http_date(then).substr(0, 16));
  CHECK(running.control("POST", "/advance", {{"seconds", -1}}).status == 400);
  CHECK(running.control("POST", "/advance", {{"minutes", 1}}).status == 400);
}

TEST_CASE("the log of calls tells what was asked and answered") {
  Running running;
  const std::string id = running.start_notte();
  running.call("GET", "/sessions/unknown");
  running.call("GET", "/no/such/path?q=1");
  const Json calls = running.control("GET", "/calls").body["calls"];
  REQUIRE(calls.size() == 3);
  CHECK(calls[0]["method"] == "POST");
  CHECK(calls[0]["path"] == "/sessions/start");
  CHECK(calls[0]["status"] == 200);
  CHECK(calls[0]["remote_id"] == id);
  CHECK(calls[1]["status"] == 404);
  CHECK(calls[2]["remote_id"].is_null());
  CHECK(calls[2]["query"] == "q=1");
  CHECK(running.control("GET", "/calls?after=2").body["calls"].size() == 1);
}

TEST_CASE("a reset is seen by the client as such, without a byte of an answer") {
  Running running;
  running.control("POST", "/faults", {{"reset_after_effect", 1}});
  const std::string call =
      "POST /sessions/start HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sandbox-key\r\nContent-Length: "
      "2\r\n\r\n{}";
  CHECK(raw_exchange(running.sandbox().api_port(), call, "}") == "<reset>");
}

TEST_CASE("a DELETE without a body and without its length is answered at once") {
  Running running;
  const std::string id = running.start_notte();
  const std::string answer = raw_exchange(
      running.sandbox().api_port(),
      "DELETE /sessions/" + id + "/stop HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sandbox-key\r\n\r\n",
      "}");
  CHECK(answer.rfind("HTTP/1.1 200", 0) == 0);
  CHECK(answer.find("<silence>") == std::string::npos);
}

TEST_CASE("a POST without a body and without its length is answered at once") {
  Running running;
  const std::string id = running.start_notte();
  const std::string answer = raw_exchange(running.sandbox().control_port(),
                                          "POST /remotes/" + id + "/end HTTP/1.1\r\nHost: x\r\n\r\n", "}");
  CHECK(answer.rfind("HTTP/1.1 200", 0) == 0);
  CHECK(running.remote(id)["state"] == "closed");
}

TEST_CASE("a hundred kept connections are served side by side") {
  Running running;
  std::vector<std::unique_ptr<httplib::Client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<httplib::Client>(running.sandbox().api_url()));
    clients.back()->set_keep_alive(true);
    clients.back()->set_tcp_nodelay(true);
  }
  const auto begun = std::chrono::steady_clock::now();
  for (int round = 0; round < 2; ++round) {
    for (auto& client : clients) {
      const auto answer = client->Get("/sessions", kBearer);
      REQUIRE(answer);
      REQUIRE(answer->status == 200);
    }
  }
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("the sandbox stops at once although clients keep their connections and wait for answers") {
  auto running = std::make_unique<Running>();
  running->control("POST", "/faults", {{"latency_ms", 60000}, {"operation", "start"}});
  httplib::Client kept(running->sandbox().api_url());
  kept.set_keep_alive(true);
  REQUIRE(kept.Get("/sessions", kBearer));
  std::thread waiting([url = running->sandbox().api_url()] {
    httplib::Client client(url);
    client.Post("/sessions/start", kBearer, "{}", "application/json");
  });
  wait_until([&] { return running->control("GET", "/remotes").body["remotes"].size() == 1; });
  const auto begun = std::chrono::steady_clock::now();
  running.reset();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  waiting.join();
}

TEST_CASE("a taken port is refused by name") {
  Running running;
  const int taken = running.sandbox().api_port();
  std::string problem;
  try {
    const Sandbox second({"127.0.0.1", taken}, {});
  } catch (const std::runtime_error& error) {
    problem = error.what();
  }
  CHECK(problem.find("127.0.0.1:" + std::to_string(taken)) != std::string::npos);
}

TEST_CASE("calls from many threads leave a consistent ledger") {
  Running running;
  // cpp-httplib makes its statics at the first call; the thread sanitizer does not see that it guards them.
  REQUIRE(running.control("GET", "/remotes").status == 200);
  REQUIRE(httplib::Client(running.sandbox().api_url()).Get("/sessions/none", kBearer));
  std::vector<std::thread> threads;
  std::atomic<int> started{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      httplib::Client client(running.sandbox().api_url());
      client.set_keep_alive(true);
      client.set_tcp_nodelay(true);
      for (int n = 0; n < 25; ++n) {
        const auto answer = client.Post("/sessions/start", kBearer, "{}", "application/json");
        if (!answer || answer->status != 200) continue;
        ++started;
        const std::string id = parse_json(answer->body)->at("session_id");
        client.Post("/sessions/" + id + "/page/observe", kBearer, "{}", "application/json");
        client.Delete("/sessions/" + id + "/stop", kBearer);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(started == 200);
  CHECK(running.control("GET", "/remotes").body["remotes"].size() == 200);
  CHECK(running.control("GET", "/remotes/live").body["remotes"].empty());
}
