#include "sandbox/harness.h"

using namespace sandbox;
using namespace sandbox::test;

namespace {

const std::vector<std::string> kAll = {"starting", "started", "stopping", "stopped", "failed"};

std::string public_key(Running& running) {
  return running.call("GET", "/v2/public/rsa-public-key", "", {}).body["publicKey"];
}

void end_and_forget(Running& running, const std::string& id) {
  REQUIRE(
      running.videosdk("POST", "/ai/v1/ai-deployment-sessions/end", dump(Json{{"sessionId", id}})).status ==
      200);
}

}  // namespace

TEST_CASE("a session's life is told by webhooks in order, each verifiable over its raw body") {
  Running running;
  Receiver receiver;
  const std::string id = running.start_videosdk(receiver.url(), kAll);
  running.advance(1.1);
  end_and_forget(running, id);
  const auto deliveries = receiver.wait_for(4);
  CHECK(types_of(deliveries) ==
        std::vector<std::string>{"ai-deployment-session-starting", "ai-deployment-session-started",
                                 "ai-deployment-session-stopping", "ai-deployment-session-stopped"});
  const std::string pem = public_key(running);
  CHECK(pem.rfind("\n-----BEGIN RSA PUBLIC KEY-----", 0) == 0);
  for (const auto& delivery : deliveries) {
    CHECK(delivery.session_id == "session-" + id);
    CHECK(delivery.signature.size() == 344);
    CHECK(verifies(pem, delivery.body, delivery.signature));
    CHECK_FALSE(verifies(pem, delivery.body + " ", delivery.signature));
  }
  CHECK(deliveries[0].body ==
        R"({"webhookType":"ai-deployment-session-starting","data":{"sessionId":"session-)" + id + R"("}})");
}

TEST_CASE("only the events subscribed to are sent") {
  Running running;
  Receiver receiver;
  const std::string id = running.start_videosdk(receiver.url(), {"stopped"});
  running.advance(1.1);
  end_and_forget(running, id);
  CHECK(types_of(receiver.wait_for(1)) == std::vector<std::string>{"ai-deployment-session-stopped"});
  running.start_videosdk(receiver.url(), {});
  running.advance(2);
  CHECK(running.control("GET", "/webhooks").body["deliveries"].size() == 1);
}

TEST_CASE("an end by a third party or by the provider is told by webhook too") {
  Running running;
  Receiver receiver;
  const std::string closed = running.start_videosdk(receiver.url(), {"stopping", "stopped", "failed"});
  REQUIRE(running.control("POST", "/remotes/" + closed + "/end", {{"as", "closed"}}).status == 200);
  CHECK(receiver.wait_for(2).back().type == "ai-deployment-session-stopped");
  const std::string failed = running.start_videosdk(receiver.url(), {"stopping", "stopped", "failed"});
  REQUIRE(running.control("POST", "/remotes/" + failed + "/end", {{"as", "error"}}).status == 200);
  CHECK(receiver.wait_for(3).back().type == "ai-deployment-session-failed");
}

TEST_CASE("a refused delivery is tried again, and given up when the tries are used up") {
  Running running;
  Receiver receiver;
  REQUIRE(running.control("POST", "/webhooks", {{"retry_ms", {20, 20, 20}}}).status == 200);
  receiver.refuse(2, 503);
  running.start_videosdk(receiver.url(), {"starting"});
  receiver.wait_for(1);
  wait_until(
      [&] { return running.control("GET", "/webhooks").body["deliveries"][0]["outcome"] == "delivered"; });
  CHECK(running.control("GET", "/webhooks").body["deliveries"][0]["attempts"] == 3);
  receiver.refuse(100, 500);
  running.start_videosdk(receiver.url(), {"starting"});
  wait_until(
      [&] { return running.control("GET", "/webhooks").body["deliveries"][1]["outcome"] == "given_up"; });
  CHECK(running.control("GET", "/webhooks").body["deliveries"][1]["attempts"] == 4);
}

TEST_CASE("deliveries can be dropped, repeated, reordered and badly signed") {
  Running running;
  Receiver receiver;
  running.control("POST", "/webhooks", {{"drop", 1}});
  running.start_videosdk(receiver.url(), {"starting"});
  CHECK(running.control("GET", "/webhooks").body["deliveries"][0]["outcome"] == "dropped");
  running.control("POST", "/webhooks", {{"drop", 0}, {"repeat", 1}});
  running.start_videosdk(receiver.url(), {"starting"});
  const auto twice = receiver.wait_for(2);
  CHECK(twice[0].body == twice[1].body);
  running.control("POST", "/webhooks", {{"repeat", 0}, {"bad_signature", 1}});
  running.start_videosdk(receiver.url(), {"starting"});
  const auto bad = receiver.wait_for(3).back();
  CHECK(bad.signature.size() == 344);
  CHECK_FALSE(verifies(public_key(running), bad.body, bad.signature));
  running.control("POST", "/webhooks", {{"bad_signature", 0}, {"reorder", 1}, {"reorder_ms", 2000}});
  const std::string id = running.start_videosdk(receiver.url(), kAll);
  running.control("POST", "/webhooks", {{"reorder", 0}});
  running.advance(1.1);
  CHECK(types_of(receiver.wait_for(5)).at(3) == "ai-deployment-session-started");
  CHECK(types_of(receiver.received()).at(4) == "ai-deployment-session-starting");
}

TEST_CASE("the body's form, the id's prefix and the event family can be switched") {
  Running running;
  Receiver receiver;
  running.control("POST", "/webhooks", {{"spaced", true}, {"prefix", false}, {"family", "both"}});
  const std::string id = running.start_videosdk(receiver.url(), {"starting"});
  const auto both = receiver.wait_for(2);
  CHECK(both[0].body ==
        R"({"webhookType": "ai-deployment-session-starting", "data": {"sessionId": ")" + id + R"("}})");
  CHECK(both[1].type == "agent-session-starting");
  CHECK(both[1].session_id == id);
  CHECK(verifies(public_key(running), both[0].body, both[0].signature));
}

TEST_CASE("a key change takes effect at the key endpoint and for the next signature") {
  Running running;
  Receiver receiver;
  const std::string before = public_key(running);
  REQUIRE(running
              .control("POST", "/webhooks",
                       {{"key_change", true}, {"key_format", "spki"}, {"leading_newline", false}})
              .status == 200);
  const std::string after = public_key(running);
  CHECK(after.rfind("-----BEGIN PUBLIC KEY-----", 0) == 0);
  running.start_videosdk(receiver.url(), {"starting"});
  const auto delivery = receiver.wait_for(1)[0];
  CHECK(verifies(after, delivery.body, delivery.signature));
  CHECK_FALSE(verifies(before, delivery.body, delivery.signature));
  running.control("POST", "/webhooks", {{"pss", true}});
  running.start_videosdk(receiver.url(), {"starting"});
  const auto salted = receiver.wait_for(2)[1];
  CHECK_FALSE(verifies(after, salted.body, salted.signature));
  CHECK(verifies(after, salted.body, salted.signature, true));
}

TEST_CASE("a delay holds deliveries back, and an unknown setting is refused whole") {
  Running running;
  Receiver receiver;
  running.control("POST", "/webhooks", {{"delay_ms", 1000}});
  running.start_videosdk(receiver.url(), {"starting"});
  CHECK(receiver.received().empty());
  receiver.wait_for(1);
  const Reply refused = running.control("POST", "/webhooks", {{"delay_ms", 7}, {"dorp", 1}});
  CHECK(refused.status == 400);
  CHECK(running.control("GET", "/webhooks").body["settings"]["delay_ms"] == 1000);
  CHECK(running.control("POST", "/webhooks", {{"drop", 2}}).status == 400);
}
