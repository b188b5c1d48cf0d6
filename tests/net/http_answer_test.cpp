// What the client makes of answers: interim ones, odd ones, ones without an end.
#include <atomic>
#include <thread>

#include "net/timed_calls.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

TEST_CASE("a body that drips or stops ends within the limit, and its status is not lost") {
  const bool drips = GENERATE(true, false);
  const bool chunked = GENERATE(true, false);
  FakeServer server([&](const Received&, Wire& wire) {
    wire.send(chunked ? "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n"
                      : "HTTP/1.1 500 No\r\nContent-Length: 900\r\n\r\n");
    drips ? wire.drip(std::string(300, chunked ? '0' : 'x'), 20ms) : wire.hold();
  });
  HttpClient client = client_of(server);
  const Called called = call(client, post_request(), call_limit);
  REQUIRE(called.response.ok());
  CHECK(called.response->status == 500);
  CHECK_FALSE(called.response->cut_short.empty());
  CHECK(called.took < call_limit + call_grace);
}

TEST_CASE("an answer is bounded, whatever it claims") {
  const std::string endless = std::string(3U << 20U, 'x');
  const std::string answer =
      GENERATE_COPY("HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\n\r\n" + endless,
                    "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n" + endless,
                    "HTTP/1.1 200 OK\r\n\r\n" + endless,
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n" + endless);
  FakeServer server([&](const Received&, Wire& wire) {
    wire.send(answer);
    wire.hold();
  });
  HttpClient client = client_of(server);
  const Called called = call(client, get_request(), 5s);
  REQUIRE(called.response.ok());
  CHECK(called.response->cut_short == "the answer is too large");
  CHECK(called.response->body.size() <= 1U << 20U);
  CHECK(called.took < 2s);
}

TEST_CASE("a hostile head is refused") {
  const std::string wide(100'000, 'x');
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  const std::string answer = GENERATE_COPY(
      "HTTP/1.1 200 " + wide + "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 " + wide + "\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: " + wide + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + many + "\r\n", wide + "\r\n\r\n",
      "\r\n\r\n", "HTTP/1.1 99999999999 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n");
  FakeServer server([&](const Received&, Wire& wire) {
    wire.send(answer);
    wire.close();
  });
  HttpClient client = client_of(server);
  const Called called = call(client, get_request(), 2s);
  CHECK_FALSE(called.response.ok());
  CHECK(called.took < 1s);
}

TEST_CASE("a body that is thrown away is still read to its end") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, std::string(5U << 20U, 'x'))); });
  HttpClient client = client_of(server);
  HttpRequest request = get_request();
  request.body_bytes_max = 16U << 20U;
  request.discard_body = true;
  for (int i = 0; i < 2; ++i) {
    const Called called = call(client, request, 5s);
    REQUIRE(called.response.ok());
    CHECK(called.response->body == std::string(64, 'x'));
    CHECK(called.response->cut_short.empty());
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("bytes after an answer end the connection instead of becoming the next answer") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(200, "{}") + reply(200, "\"planted\"")); });
  HttpClient client = client_of(server);
  for (int i = 0; i < 2; ++i) {
    const Called called = call(client, get_request(), 2s);
    REQUIRE(called.response.ok());
    CHECK(called.response->body == "{}");
    std::this_thread::sleep_for(20ms);
  }
  CHECK(server.connections() == 2);
}

TEST_CASE("what comes on an idle connection ends it instead of becoming the next answer") {
  const std::string unasked =
      GENERATE(reply(200, "\"planted\""), "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", "x");
  const bool closes = GENERATE(false, true);
  std::atomic<int> served{0};
  FakeServer server([&](const Received&, Wire& wire) {
    wire.send(reply(200, "{}"));
    if (++served != 1) return;
    wire.pause(20ms);
    wire.send(unasked);
    if (closes) wire.close();
  });
  HttpClient client = client_of(server);
  REQUIRE(call(client, get_request(), 2s).response.ok());
  std::this_thread::sleep_for(100ms);
  for (int i = 0; i < 2; ++i) {
    const Called called = call(client, post_request(), 2s);
    REQUIRE(called.response.ok());
    CHECK(called.response->body == "{}");
  }
  CHECK(server.requests().size() == 3);
  CHECK(server.connections() == 2);
}

TEST_CASE("an answer without a body, a chunked one and one after 100 Continue are read") {
  const auto [answer, status, body] = GENERATE(table<std::string, int, std::string>(
      {{"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n3\r\n\":1\r\n1\r\n}\r\n0\r\n\r\n",
        200, "{\"a\":1}"},
       {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
       {"HTTP/1.0 200 OK\r\n\r\n{}", 200, "{}"}}));
  FakeServer server([&, text = answer](const Received&, Wire& wire) {
    wire.send(text);
    if (text.find("1.0") != std::string::npos) wire.close();
  });
  HttpClient client = client_of(server);
  const Called called = call(client, get_request(), 2s);
  REQUIRE(called.response.ok());
  CHECK(called.response->status == status);
  CHECK(called.response->body == body);
  CHECK(called.response->cut_short.empty());
}

TEST_CASE("interim answers are passed over, and their headers with them") {
  const std::string interim = GENERATE("HTTP/1.1 102 Processing\r\n\r\n",
                                       "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nRetry-After: 7\r\n\r\n",
                                       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n");
  FakeServer server(
      [&](const Received&, Wire& wire) { wire.send(interim + reply(201, "{\"id\":1}", "X-Kept: 1\r\n")); });
  HttpClient client = client_of(server);
  for (int i = 0; i < 2; ++i) {
    const Called called = call(client, post_request(), 2s);
    REQUIRE(called.response.ok());
    CHECK(called.response->status == 201);
    CHECK(called.response->body == "{\"id\":1}");
    CHECK(called.response->header("x-kept") == "1");
    CHECK_FALSE(called.response->header("retry-after"));
  }
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a chunked answer with extensions and trailers is read, and its trailers are no headers") {
  FakeServer server([](const Received&, Wire& wire) {
    wire.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Retry-After\r\n\r\n"
        "2;name=\"v\"\r\n{}\r\n0\r\nRetry-After: 9\r\n\r\n");
  });
  HttpClient client = client_of(server);
  for (int i = 0; i < 2; ++i) {
    const Called called = call(client, get_request(), 2s);
    REQUIRE(called.response.ok());
    CHECK(called.response->body == "{}");
    CHECK(called.response->cut_short.empty());
    CHECK_FALSE(called.response->header("retry-after"));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("no redirect is followed, and its Location stands as it was sent") {
  const int status = GENERATE(301, 302, 303, 307, 308);
  FakeServer server([&](const Received&, Wire& wire) {
    wire.send(reply(status, "{}", "Location: /sessions/a%2Fb%20c?x=%26\r\n"));
  });
  HttpClient client = client_of(server);
  const Called called = call(client, post_request(), 2s);
  REQUIRE(called.response.ok());
  CHECK(called.response->status == status);
  CHECK(called.response->header("location") == "/sessions/a%2Fb%20c?x=%26");
  CHECK(server.requests().size() == 1);
}
