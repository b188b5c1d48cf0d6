#include <random>
#include <thread>

#include "webhook/raw_client.h"
#include "webhook/webhook_stage.h"

using namespace keeper;
using namespace keeper::test;

namespace {

std::string head(std::string_view framing) {
  return "POST /hooks/agents HTTP/1.1\r\nHost: x\r\nvideosdk-signature: good\r\n" + std::string(framing) +
         "\r\n";
}

}  // namespace

TEST_CASE("framing that two readers could understand differently is refused and closed") {
  WebhookStage stage;
  const std::vector<std::string> framings{
      "Content-Length: 2\r\nContent-Length: 2\r\n",
      "Content-Length: 2\r\nContent-Length: 3\r\n",
      "Content-Length: 2, 2\r\n",
      "Content-Length: +2\r\n",
      "Content-Length: 0x2\r\n",
      "Content-Length: -2\r\n",
      "Content-Length: 99999999999999999999999999\r\n",
      "Content-Length:\r\n",
      "Content-Length : 2\r\n",
      "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n",
      "Transfer-Encoding: identity\r\n",
      "Content-Length: 2\r\nContent-Encoding: gzip\r\n",
      "Content-Length: 2\r\n folded: x\r\n",
      "Content-Length: 2\r\nBad\x01Name: x\r\n",
  };
  for (const std::string& framing : framings) {
    INFO(framing);
    RawClient client(stage.port());
    client.send(head(framing) + "{}" + head("Content-Length: 2\r\n") + "{}");
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status >= 400);
    CHECK(answer->status < 500);
    CHECK(answer->headers.at("connection") == "close");
    CHECK_FALSE(client.answer(Seconds{4}).has_value());
  }
  CHECK(stage.verifications == 0);
}

TEST_CASE("a body comes in chunks as well, cut anywhere, and the next request follows it") {
  WebhookStage stage;
  const std::vector<std::string> bodies{
      "2\r\n{}\r\n0\r\n\r\n",
      "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
      "00002;name=value;other\r\n{}\r\n0;last\r\n\r\n",
      "2 \t;x=\"y\"\r\n{}\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
  };
  RawClient client(stage.port());
  for (const std::string& body : bodies) {
    const std::string request = head("Transfer-Encoding: Chunked\r\n") + body;
    for (std::size_t cut = request.size() - body.size(); cut <= request.size(); ++cut) {
      INFO(body << " cut at " << cut);
      client.send(request.substr(0, cut));
      std::this_thread::sleep_for(std::chrono::microseconds{200});
      client.send(request.substr(cut));
      const auto answer = client.answer();
      REQUIRE(answer);
      CHECK(answer->status == 200);
    }
  }
  for (const std::string& body : stage.bodies.with([](auto& all) { return all; })) CHECK(body == "{}");
  client.send(head("Transfer-Encoding: chunked\r\n") + bodies[1] + stage.post("[]"));
  CHECK(client.answer()->status == 200);
  CHECK(client.answer()->status == 200);
  CHECK(stage.bodies.with([](auto& all) { return all.back(); }) == "[]");
}

TEST_CASE("chunks that two readers could understand differently are refused and closed") {
  WebhookStage stage;
  for (const char* body :
       {"2\n{}\r\n0\r\n\r\n", "2\r\n{}\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n",
        "0x2\r\n{}\r\n", "+2\r\n{}\r\n", " 2\r\n{}\r\n", "000000002\r\n{}\r\n", "ffffffffffffffff\r\n{}",
        "2\r{}\r\n", "2;a\nb\r\n{}\r\n", "2\r\n{}\r\n0\r\nA: b\n\r\n", "2\r\n{}\r\n0\r\n\rx"}) {
    INFO(body);
    RawClient client(stage.port());
    client.send(head("Transfer-Encoding: chunked\r\n") + body + stage.post("[]"));
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 400);
    CHECK_FALSE(client.answer(Seconds{4}).has_value());
  }
  CHECK(stage.verifications == 0);
}

TEST_CASE("the limit of a body counts for chunks, and so does one for what is not body") {
  WebhookStage stage;
  const std::string full = "10000\r\n" + std::string(65536, 'x') + "\r\n0\r\n\r\n";
  CHECK(ask(stage.port(), head("Transfer-Encoding: chunked\r\n") + full)->status == 200);
  CHECK(ask(stage.port(), head("Transfer-Encoding: chunked\r\n") + "10001\r\n")->status == 413);
  std::string many;
  for (int i = 0; i < 65537; ++i) many += "1\r\nx\r\n";
  CHECK(ask(stage.port(), head("Transfer-Encoding: chunked\r\n") + many)->status == 413);
  CHECK(ask(stage.port(), head("Transfer-Encoding: chunked\r\n") + "2;" + std::string(9000, 'x'))->status ==
        400);
}

TEST_CASE("a request without a length has an empty body") {
  WebhookStage stage;
  RawClient client(stage.port());
  client.send(head("") + stage.post("{}"));
  CHECK(client.answer()->status == 200);
  CHECK(client.answer()->status == 200);
  CHECK(stage.bodies.with([](auto& all) { return all; }) == std::vector<std::string>{"", "{}"});
}

TEST_CASE(
    "empty lines before a request, an absolute target, a slash at the end and identity are understood") {
  WebhookStage stage;
  const std::string rest = " HTTP/1.1\r\nHost: x\r\nvideosdk-signature: good\r\nContent-Length: 2\r\n";
  for (const std::string& request : {"\r\n\r\nPOST /hooks/agents" + rest + "\r\n{}",
                                     "POST http://hooks.example.org/hooks/agents" + rest + "\r\n{}",
                                     "POST HTTPS://hooks.example.org:443/hooks/agents?x" + rest + "\r\n{}",
                                     "POST /hooks/agents/" + rest + "\r\n{}",
                                     "POST /hooks/agents" + rest + "Content-Encoding: identity\r\n\r\n{}"}) {
    INFO(request);
    RawClient client(stage.port());
    client.send(request + "\r\n" + request);
    CHECK(client.answer()->status == 200);
    CHECK(client.answer()->status == 200);
  }
  for (const char* target :
       {"http://hooks.example.org", "/hooks/agents//", "/hooks//agents", "*", "http:///hooks/agents"}) {
    INFO(target);
    CHECK(ask(stage.port(), std::string("POST ") + target + rest + "\r\n{}")->status == 404);
  }
}

TEST_CASE("a Host that is missing, doubled or none is 400") {
  WebhookStage stage;
  const auto status = [&](const std::string& version, const std::string& hosts) {
    return ask(stage.port(), "POST /hooks/agents HTTP/" + version + "\r\n" + hosts +
                                 "videosdk-signature: good\r\nContent-Length: 2\r\n\r\n{}")
        ->status;
  };
  CHECK(status("1.1", "") == 400);
  CHECK(status("1.0", "") == 200);
  CHECK(status("1.1", "Host: a\r\nHost: a\r\n") == 400);
  CHECK(status("1.0", "Host: a\r\nHost: b\r\n") == 400);
  CHECK(status("1.1", "Host: a b\r\n") == 400);
  CHECK(status("1.1", "Host: user@a\r\n") == 400);
  CHECK(status("1.1", "Host: [::1]:8471\r\n") == 200);
}

TEST_CASE("the answer to HEAD has no body, and the next answer is in its place") {
  WebhookStage stage;
  RawClient client(stage.port());
  client.send("HEAD /hooks/agents HTTP/1.1\r\nHost: x\r\n\r\n" + stage.post("{}"));
  const std::string text = client.read_until("recorded");
  CHECK(text.starts_with("HTTP/1.1 405 "));
  CHECK(text.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
  // Also of a head that is no good after its first line.
  RawClient broken(stage.port());
  broken.send("HEAD /hooks/agents HTTP/1.1\r\nHost: x\r\nno field\r\n\r\n");
  const std::string refused = broken.read_until("nothing that comes");
  CHECK(refused.starts_with("HTTP/1.1 400 "));
  CHECK(refused.ends_with("\r\n\r\n"));
}

TEST_CASE("what is not HTTP is answered with 400 and closed") {
  WebhookStage stage;
  for (const char* noise : {"\x16\x03\x01\x02\x05\x01\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                            "POST /hooks/agents\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    INFO(noise);
    const auto answer = ask(stage.port(), noise);
    REQUIRE(answer);
    CHECK(answer->status == 400);
  }
}

TEST_CASE("a head over 16 KiB is refused, however it is made long") {
  WebhookStage stage;
  const std::string line = "POST /hooks/agents HTTP/1.1\r\n";
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "a" + std::to_string(i) + ": b\r\n";
  for (const std::string& long_head :
       {line + "a: " + std::string(40'000, 'x'), line + many + "\r\n", "POST /" + std::string(40'000, 'y')}) {
    const auto answer = ask(stage.port(), long_head);
    REQUIRE(answer);
    CHECK(answer->status == 431);
  }
}

TEST_CASE("pipelined requests are answered one after the other, in order") {
  WebhookStage stage;
  RawClient client(stage.port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += stage.post("{\"n\":" + std::to_string(i) + "}");
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
  const auto bodies = stage.bodies.with([](auto& seen) { return seen; });
  REQUIRE(bodies.size() == 50);
  for (std::size_t i = 0; i < 50; ++i) CHECK(bodies[i] == "{\"n\":" + std::to_string(i) + "}");
}

TEST_CASE("a pipelined request waits while the one before it is at work") {
  WebhookStage stage;
  stage.holds = true;
  RawClient client(stage.port());
  client.send(stage.post("1") + stage.post("2"));
  REQUIRE(eventually([&] { return stage.kept_count() == 1; }));
  std::this_thread::sleep_for(Millis{50});
  CHECK(stage.verifications == 1);
  stage.release_kept(Ack::recorded);
  CHECK(client.answer()->status == 200);
  CHECK(client.answer()->status == 200);
}

TEST_CASE("a request split at any byte is understood") {
  WebhookStage stage;
  const std::string request = stage.post("{\"type\":\"x\"}");
  RawClient client(stage.port());
  for (std::size_t cut = 1; cut < request.size(); cut += 3) {
    INFO(cut);
    client.send(request.substr(0, cut));
    std::this_thread::sleep_for(std::chrono::microseconds{300});
    client.send(request.substr(cut));
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
}

TEST_CASE(
    "two thousand damaged requests harm nobody: a good one is still answered, and no connection is left") {
  WebhookStage stage;
  std::mt19937 random(20261121);
  const std::string good = stage.post(R"({"type":"ai-deployment-session-started","data":{"id":"x"}})",
                                      "Connection: keep-alive\r\nAccept: */*\r\n");
  const auto below = [&](std::size_t bound) { return random() % bound; };
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = good;
    for (std::size_t damage = 0; damage <= below(4); ++damage) {
      const std::size_t place = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[place] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(place, 1 + below(20));
          break;
        case 2:
          bytes.insert(place, bytes.substr(below(bytes.size()), below(60)));
          break;
        case 3:
          bytes.insert(place, "\r\n");
          break;
      }
      if (bytes.empty()) bytes = "x";
    }
    RawClient client(stage.port());
    client.send(bytes);
    client.finish_sending();
    if (i % 50 == 0) CHECK(ask(stage.port(), good)->status == 200);
  }
  CHECK(ask(stage.port(), good)->status == 200);
  CHECK(eventually([&] { return stage.listener->facts().connections == 0; }));
}
