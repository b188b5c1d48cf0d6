// A described provider's messages by Standard Webhooks, signed here by OpenSSL alone, at a real daemon.
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>

#include "catch.h"
#include "e2e/programs.h"

using namespace keeper::e2e;
using std::chrono::seconds;

namespace {

const std::string box_key = "abcdef0123456789abcdef0123456789";
const char* const box_secret = "whsec_YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODk=";

struct Message {
  std::string id, timestamp, body, signature;
};

std::string signature_of(const Message& message) {
  const std::string text = message.id + "." + message.timestamp + "." + message.body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned bytes = 0;
  HMAC(EVP_sha256(), box_key.data(), static_cast<int>(box_key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &bytes);
  std::string encoded(4 * ((bytes + 2) / 3) + 1, '\0');
  encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                                          mac.data(), static_cast<int>(bytes))));
  return "v1," + encoded;
}

Message message_of(const std::string& id, const std::string& event, const std::string& remote, int age = 0) {
  Message message{id, std::to_string(std::time(nullptr) - age),
                  Json{{"event", event}, {"sandbox", {{"id", remote}}}}.dump(), ""};
  message.signature = signature_of(message);
  return message;
}

int sent(const Stage& stage, const Message& message) {
  httplib::Client client("127.0.0.1", stage.webhook_port);
  const httplib::Headers headers{{"webhook-id", message.id},
                                 {"webhook-timestamp", message.timestamp},
                                 {"webhook-signature", message.signature}};
  const auto answer = client.Post("/hooks/boxes", headers, message.body, "application/json");
  return answer ? answer->status : 0;
}

// The sandbox's Daytona, whose messages are signed.
std::string boxes(const Stage& stage) {
  const auto secret = stage.directory / "boxes.secret";
  std::ofstream(secret) << box_secret << "\n";
  return "  boxes:\n    type: http\n    description: daytona\n    api_key: ${SANDBOX_KEY}\n"
         "    base_url: http://127.0.0.1:" +
         std::to_string(stage.api_port) + "/daytona/api\n    http:\n      webhook:\n" +
         "        scheme: standard_webhooks\n        secret_file: " + secret.string() +
         "\n        type: /event\n        id: /sandbox/id\n"
         "        events: {sandbox.started: started, sandbox.stopped: stopped}\n";
}

constexpr const char* box_plan = R"(  box:
    provider: boxes
    schedule: {always: true}
    session: {parameters: {autoStopInterval: 15}, idle_timeout: 15m}
    on_shutdown: leave
    keep_alive: {restart: never}
)";

Json deliveries(const Stage& stage) {
  return get_json(stage.status_port, "/api/v1/deliveries")
      .value_or(Json{{"deliveries", Json::array()}})["deliveries"];
}

}  // namespace

TEST_CASE(
    "a described provider's signed messages are recorded once, and what is not as it was signed is refused") {
  Stage stage("");
  stage.more_providers = boxes(stage);
  stage.write_plans(box_plan);
  stage.start_daemon();
  INFO(read_file(stage.directory / "daemon.log"));
  REQUIRE(stage.ready());
  REQUIRE(eventually(seconds{30}, [&] { return stage.active() == 1; }));
  const std::string remote = stage.remotes("/remotes/live").at(0).at("id");
  const Message genuine = message_of("msg_1", "sandbox.started", remote);

  Message forged = genuine;
  forged.signature = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  CHECK(sent(stage, forged) == 401);
  Message stale = genuine;  // an old signature beside a new time
  stale.timestamp = std::to_string(std::stoll(stale.timestamp) + 3600);
  CHECK(sent(stage, stale) == 401);
  Message altered = genuine;
  altered.body += " ";
  CHECK(sent(stage, altered) == 401);
  CHECK(deliveries(stage).empty());

  CHECK(sent(stage, genuine) == 200);
  REQUIRE(deliveries(stage).size() == 1);
  const Json recorded = deliveries(stage).at(0);
  CHECK(recorded.at("type") == "sandbox.started");
  CHECK(recorded.at("remote_id") == remote);
  CHECK(recorded.at("session_id") == stage.sessions().at(0).at("id"));
  // The same again, as a sender repeats it, and from before: both are known.
  CHECK(sent(stage, genuine) == 200);
  CHECK(sent(stage, message_of("msg_0", "sandbox.started", remote, 86'400)) == 200);
  CHECK(deliveries(stage).size() == 1);
  // An answer of the API may be a moment old.
  CHECK(eventually(seconds{5}, [&] {
    const Json counted = stage.status().at("webhook");
    return counted.at("unauthorized_total") == 3 && counted.at("recorded_total") == 1 &&
           counted.at("duplicate_total") == 2;
  }));

  // What it says of an end is read before it is believed.
  CHECK(sent(stage, message_of("msg_2", "sandbox.stopped", remote)) == 200);
  CHECK(stage.remotes("/remotes/live").size() == 1);
  REQUIRE(post_json(stage.control_port, "/remotes/" + remote + "/end", {{"as", "closed"}}));
  CHECK(eventually(seconds{30}, [&] { return stage.sessions().at(0).at("state") == "closed"; }));
  CHECK(stage.end_daemon() == 0);
}
