#include "status/host_check.h"
#include "status/status_stage.h"

using namespace keeper;
using namespace keeper::test;

TEST_CASE("only loopback names and allowed hosts are answered") {
  StatusStage stage;
  for (const char* host : {"localhost", "LOCALHOST:8470", "127.0.0.1", "127.0.0.1:1", "127.9.9.9", "[::1]",
                           "[::1]:8470", "keeper.example", "Keeper.Example:80", "other.example:8470"}) {
    INFO(host);
    CHECK(stage.send("GET", "/api/v1/status", "Host: " + std::string(host) + "\r\n").status == 200);
  }
  for (const char* host : {"evil.example",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "0.0.0.0",
                           "128.0.0.1",
                           "[::2]",
                           "::1",
                           "localhost:",
                           "localhost:x",
                           "localhost:8470:1",
                           "user@localhost",
                           "other.example",
                           "127.1",
                           "2130706433",
                           "[::1",
                           "",
                           "keeper.example.evil",
                           "169.254.169.254",
                           "localhost,evil.example",
                           "localhost evil"}) {
    INFO(host);
    const RawAnswer answer = stage.send("GET", "/api/v1/status", "Host: " + std::string(host) + "\r\n");
    CHECK(answer.status == 403);
    CHECK(answer.headers.at("content-type") == "application/problem+json");
  }
  CHECK(stage.send("GET", "/api/v1/status", "Host: localhost\r\nHost: localhost\r\n").status == 400);
  CHECK(ask(stage.port(), "GET /api/v1/status HTTP/1.1\r\n\r\n")->status == 403);
}

TEST_CASE("no answer grants another origin anything") {
  StatusStage stage;
  const RawAnswer answer = stage.send("GET", "/api/v1/status", "Origin: https://evil.example\r\n");
  CHECK(answer.status == 200);
  for (const auto& [name, value] : answer.headers) CHECK_FALSE(name.starts_with("access-control"));
  CHECK(stage.send("OPTIONS", "/api/v1/status", "Origin: https://evil.example\r\n").status == 403);
  const std::string bearer = "Authorization: Bearer " + std::string(StatusStage::token) + "\r\n";
  CHECK(stage.send("POST", "/-/reload", bearer + "Origin: https://evil.example\r\n").status == 403);
  CHECK(stage.send("POST", "/-/reload", bearer + "Origin: null\r\n").status == 403);
  CHECK(stage.send("POST", "/-/reload", bearer + "Origin: http://localhost:8470\r\n").status == 200);
}

TEST_CASE("a known path with another method is 405 and says which are allowed") {
  StatusStage stage;
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    INFO(method);
    const RawAnswer answer = stage.send(method, "/api/v1/status");
    CHECK(answer.status == 405);
    CHECK(answer.headers.at("allow") == "GET, HEAD");
  }
  CHECK(stage.send("GET", "/-/reload").headers.at("allow") == "POST");
  CHECK(stage.send("DELETE", "/api/v1/events").headers.at("allow") == "GET, HEAD");
  CHECK(stage.send("GET", "/nothing").status == 404);
  CHECK(stage.send("POST", "/nothing").status == 404);
  CHECK(stage.send("GET", "/api/v1/sessions/a/b/c").status == 404);
  CHECK(stage.send("GET", "//api/v1/status").status == 404);
}

TEST_CASE("HEAD gives what GET gives, without the body") {
  StatusStage stage;
  RawClient client(stage.port());
  client.send("HEAD /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string all = client.read_until("no such text");
  CHECK(all.starts_with("HTTP/1.1 200"));
  CHECK(all.ends_with("\r\n\r\n"));
}

TEST_CASE("a reload needs the control token and tells how it went") {
  StatusStage stage;
  const auto reload = [&](const std::string& authorization) {
    return stage.send("POST", "/-/reload",
                      authorization.empty() ? "" : "Authorization: " + authorization + "\r\n");
  };
  for (const std::string& wrong :
       {std::string(), std::string("Bearer"), std::string("Bearer 0123456789abcdee"),
        std::string("Bearer 0123456789abcde"), std::string("Bearer 0123456789abcdef0"),
        std::string("Basic 0123456789abcdef"), std::string("0123456789abcdef")}) {
    INFO(wrong);
    const RawAnswer answer = reload(wrong);
    CHECK(answer.status == 401);
    CHECK(answer.headers.at("www-authenticate") == "Bearer");
  }
  const std::string right = "Bearer " + std::string(StatusStage::token);
  CHECK(reload(right).status == 200);
  CHECK(reload("bearer  " + std::string(StatusStage::token)).status == 200);
  stage.reload.with([](auto& outcome) { outcome = {false, "keeper.yaml:3:1: unknown key 'plan'"}; });
  const RawAnswer refused = reload(right);
  CHECK(refused.status == 422);
  CHECK(nlohmann::json::parse(refused.body).at("detail") == "keeper.yaml:3:1: unknown key 'plan'");
}

TEST_CASE("bodies that are large, chunked or doubly framed are refused and the connection ends") {
  StatusStage stage;
  const std::string bearer = "Authorization: Bearer " + std::string(StatusStage::token) + "\r\n";
  const std::string head = "POST /-/reload HTTP/1.1\r\nHost: localhost\r\n" + bearer;
  const std::string smuggled = "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::vector<std::pair<std::string, int>> cases{
      {head + "Content-Length: 5000\r\n\r\n" + smuggled, 413},
      {head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 411},
      {head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 411},
      {head + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + smuggled, 400},
      {head + "Content-Length: x\r\n\r\n" + smuggled, 400},
      {"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 57\r\n\r\n" + smuggled, 400},
  };
  for (const auto& [bytes, status] : cases) {
    INFO(bytes);
    RawClient client(stage.port());
    client.send(bytes);
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == status);
    CHECK(answer->headers.at("connection") == "close");
    CHECK(answer->body.find("4096") != std::string::npos);
    client.send(smuggled);
    CHECK(client.closes(Seconds{1}));
  }
  CHECK(stage.send("POST", "/-/reload", bearer, std::string(4096, ' ')).status == 200);
}

TEST_CASE("Range and Accept-Encoding change nothing") {
  StatusStage stage;
  const RawAnswer answer =
      stage.send("GET", "/openapi.json", "Range: bytes=0-3,5-6\r\nAccept-Encoding: gzip, br\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.headers.find("content-encoding") == answer.headers.end());
  CHECK(nlohmann::json::accept(answer.body));
}

TEST_CASE("a port in use is an error that names the address") {
  StatusStage stage;
  const auto second = StatusListener::start({{"127.0.0.1", stage.port()}, {}, {}}, {}, nullptr);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().what.find("127.0.0.1:" + std::to_string(stage.port())) != std::string::npos);
  CHECK(second.error().what.find("in use") != std::string::npos);
}

TEST_CASE("a keep-alive connection is answered again and again") {
  StatusStage stage;
  RawClient client(stage.port());
  for (int i = 0; i < 20; ++i) {
    client.send("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
}

TEST_CASE(
    "an order needs the control token, reaches the keeper whole, and its answer says what became of it") {
  StatusStage stage;
  const std::string bearer = "Authorization: Bearer " + std::string(StatusStage::token) + "\r\n";
  CHECK(stage.send("POST", "/api/v1/plans/desk/stop", "").status == 401);
  CHECK(stage.orders.with([](auto& orders) { return orders.size(); }) == 0);
  CHECK(
      stage.send("POST", "/api/v1/plans/desk/pause?until=2090-12-24T09:00:00Z&reason=works", bearer).status ==
      202);
  CHECK(stage.send("POST", "/api/v1/plans/desk/resume", bearer).status == 202);
  const auto orders = stage.orders.with([](auto& given) { return given; });
  REQUIRE(orders.size() == 2);
  CHECK(orders[0].order == Order::pause);
  CHECK(orders[0].plan.str() == "desk");
  CHECK(orders[0].until == parse_time("2090-12-24T09:00:00Z"));
  CHECK(orders[0].reason == "works");
  CHECK(orders[1].order == Order::resume);
  for (const char* until : {"soon", "", "2020-01-01T00:00:00Z"}) {
    INFO(until);
    CHECK(stage.send("POST", std::string("/api/v1/plans/desk/pause?until=") + until, bearer).status == 400);
  }
  CHECK(stage.send("POST", "/api/v1/plans/desk/stop?force=1", bearer).status == 400);
  CHECK(stage.send("POST", "/api/v1/sessions/nobody/stop", bearer).status == 404);
  CHECK(stage.send("GET", "/api/v1/plans/desk/stop", bearer).status == 405);
  stage.order_answer = Ack::unknown;
  CHECK(stage.send("POST", "/api/v1/plans/desk/start", bearer).status == 404);
  stage.order_answer = Ack::refused;
  CHECK(stage.send("POST", "/api/v1/stop-all", bearer).status == 409);
  stage.order_answer = Error{ErrorKind::storage, "the disk is full"};
  CHECK(stage.send("POST", "/api/v1/plans/desk/start", bearer).status == 503);
}
