#include <nlohmann/json.hpp>

#include "webhook/raw_client.h"
#include "webhook/webhook_stage.h"

using namespace keeper;
using namespace keeper::test;

namespace {

std::string status_of(const RawAnswer& answer) { return nlohmann::json::parse(answer.body).at("status"); }

std::string signature(std::string_view text) { return "videosdk-signature: " + std::string(text) + "\r\n"; }

}  // namespace

TEST_CASE("each outcome of a delivery has its word, and the connection stays open") {
  WebhookStage stage;
  RawClient client(stage.port());
  const std::vector<std::pair<Ack, std::string>> outcomes{{Ack::recorded, "recorded"},
                                                          {Ack::duplicate, "duplicate"},
                                                          {Ack::held, "held"},
                                                          {Ack::ignored, "ignored"}};
  for (const auto& [ack, word] : outcomes) {
    stage.ack = ack;
    REQUIRE(client.send(stage.post(R"({"type":"x"})")));
    const auto answer = client.answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->headers.at("content-type") == "application/json");
    CHECK(status_of(*answer) == word);
  }
  CHECK(stage.listener->facts().count(WebhookCounter::received) == 4);
  CHECK(stage.listener->facts().count(WebhookCounter::held) == 1);
}

TEST_CASE("the body is verified byte for byte as it was sent") {
  WebhookStage stage;
  std::string body(64 * 1024, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7);
  const auto answer = ask(stage.port(), stage.post(body));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(stage.bodies.with([](auto& all) { return all.at(0); }) == body);
}

TEST_CASE("a missing, wrong or doubled signature is refused with 401") {
  WebhookStage stage;
  const std::string unsigned_post =
      "POST /hooks/agents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
  CHECK(ask(stage.port(), unsigned_post)->status == 401);
  CHECK(ask(stage.port(), stage.post("{}", signature("bad")))->status == 401);
  CHECK(ask(stage.port(), stage.post("{}", signature("good") + signature("good")))->status == 401);
  CHECK(stage.listener->facts().count(WebhookCounter::unauthorized) == 3);
}

TEST_CASE("before any key is known a delivery is to be sent again, and is no attack") {
  WebhookStage stage;
  const auto answer = ask(stage.port(), stage.post("{}", signature("early")));
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->headers.contains("retry-after"));
  CHECK(stage.listener->facts().count(WebhookCounter::unauthorized) == 0);
  CHECK(stage.listener->facts().count(WebhookCounter::unavailable) == 1);
}

TEST_CASE("a body that cannot be understood is refused with 400 and says why") {
  WebhookStage stage;
  const auto answer = ask(stage.port(), stage.post("[]", signature("odd")));
  REQUIRE(answer);
  CHECK(answer->status == 400);
  CHECK(answer->headers.at("content-type") == "application/problem+json");
  const auto problem = nlohmann::json::parse(answer->body);
  CHECK(problem.at("detail") == "no \"type\" in it");
  CHECK(problem.at("status") == 400);
}

TEST_CASE("only POST is taken, and the answer names it") {
  WebhookStage stage;
  RawClient client(stage.port());
  client.send("GET /hooks/agents HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = client.answer();
  REQUIRE(answer);
  CHECK(answer->status == 405);
  CHECK(answer->headers.at("allow") == "POST");
  client.send(stage.post("{}"));
  CHECK(client.answer()->status == 200);
}

TEST_CASE("paths and providers that do not exist are 404") {
  WebhookStage stage;
  for (const char* target :
       {"/", "/hooks", "/hooks/", "/hooks/nobody", "/hooks/agents/x", "/HOOKS/agents", "/hooks/%61gents"}) {
    INFO(target);
    const auto answer = ask(stage.port(), "POST " + std::string(target) +
                                              " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}");
    REQUIRE(answer);
    CHECK(answer->status == 404);
  }
  CHECK(stage.verifications == 0);
}

TEST_CASE("what cannot be put on disk is 503 with Retry-After") {
  WebhookStage stage;
  SECTION("because the inbox is full") { stage.full = true; }
  SECTION("because the commit failed") { stage.ack = std::nullopt; }
  const auto answer = ask(stage.port(), stage.post("{}"));
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(std::stoi(answer->headers.at("retry-after")) > 0);
  CHECK(stage.listener->facts().count(WebhookCounter::unavailable) == 1);
}

TEST_CASE("a body over 64 KiB is refused before it is read, and its sender sees the answer") {
  WebhookStage stage;
  SECTION("when it sends the whole body before it reads") {
    const auto answer = ask(stage.port(), stage.post(std::string(3'000'000, 'x')));
    REQUIRE(answer);
    CHECK(answer->status == 413);
  }
  SECTION("when it sends the head alone") {
    RawClient client(stage.port());
    client.send("POST /hooks/agents HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
    const auto answer = client.answer(Seconds{1});
    REQUIRE(answer);
    CHECK(answer->status == 413);
    CHECK(answer->headers.at("connection") == "close");
    CHECK(client.closes(Seconds{4}));
  }
  CHECK(stage.verifications == 0);
}

TEST_CASE("a client that waits for 100 Continue gets it, and a refusal instead where one is due") {
  WebhookStage stage;
  RawClient client(stage.port());
  client.send(
      "POST /hooks/agents HTTP/1.1\r\nHost: x\r\nvideosdk-signature: good\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  CHECK(client.answer()->status == 100);
  client.send("{}");
  CHECK(client.answer()->status == 200);
  client.send(
      "POST /hooks/agents HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.answer()->status == 413);
}

TEST_CASE("an address in use is an error that names it") {
  WebhookStage stage;
  const auto second = WebhookListener::start({"127.0.0.1", stage.port()}, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().what.find("127.0.0.1:" + std::to_string(stage.port())) != std::string::npos);
  CHECK(second.error().what.find("in use") != std::string::npos);
}

TEST_CASE("HTTP/1.0 clients are answered, and kept only if they ask") {
  WebhookStage stage;
  const std::string head = "POST /hooks/agents HTTP/1.0\r\nvideosdk-signature: good\r\nContent-Length: 2\r\n";
  RawClient once(stage.port());
  once.send(head + "\r\n{}");
  CHECK(once.answer()->status == 200);
  CHECK(once.closes(Seconds{2}));
  RawClient kept(stage.port());
  for (int i = 0; i < 2; ++i) {
    kept.send(head + "Connection: keep-alive\r\n\r\n{}");
    const auto answer = kept.answer();
    REQUIRE(answer);
    CHECK(answer->headers.at("connection") == "keep-alive");
  }
}

TEST_CASE("where tokens are asked for, a path without the right one looks like any that is not there") {
  WebhookStage stage;
  stage.token = "0123456789abcdef";
  const auto status_at = [&](const std::string& path) {
    RawClient client(stage.port());
    client.send("POST " + path +
                " HTTP/1.1\r\nHost: h\r\nvideosdk-signature: good\r\nContent-Length: 2\r\n\r\n{}");
    const auto answer = client.answer(Seconds{5});
    return answer ? answer->status : 0;
  };
  CHECK(status_at("/hooks/agents/0123456789abcdef") == 200);
  CHECK(status_at("/hooks/agents/0123456789abcdef?x=1") == 200);
  CHECK(status_at("/hooks/agents") == 404);
  CHECK(status_at("/hooks/agents/") == 404);
  CHECK(status_at("/hooks/agents/0123456789abcdeX") == 404);
  CHECK(status_at("/hooks/agents/0123456789abcdef/more") == 404);
  CHECK(status_at("/hooks/nobody/0123456789abcdef") == 404);
  CHECK(stage.verifications == 2);
}
