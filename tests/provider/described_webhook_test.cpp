#include <map>
#include <string>

#include "base/digest.h"
#include "net/encoding.h"
#include "net/standard_webhooks.h"
#include "provider/described/described_webhook.h"

#include "catch.h"

using namespace keeper;

namespace {

using Authenticity = WebhookVerifier::Authenticity;
using SentHeaders = std::map<std::string, std::string, std::less<>>;

const std::string box_stopped = R"({"event":"sandbox.stopped","data":{"id":"box-1"}})";

HeaderOf header_of(SentHeaders headers) {
  return [headers = std::move(headers)](std::string_view name) -> std::string_view {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  };
}

DescribedWebhook standard() {
  DescribedWebhook described;
  described.secret = Secret{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  described.type = "/event";
  described.id = "/data/id";
  described.events = {
      {"sandbox.started", "started"}, {"sandbox.stopped", "stopped"}, {"sandbox.broke", "failed"}};
  return described;
}

DescribedWebhook by_hmac(DescribedWebhook::Encoding encoding, std::string signed_text) {
  DescribedWebhook described = standard();
  described.scheme = DescribedWebhook::Scheme::hmac;
  described.secret = Secret{"shared"};
  described.header = "X-Signature";
  described.signed_text = std::move(signed_text);
  described.encoding = encoding;
  return described;
}

Authenticity judged(const DescribedWebhook& described, SentHeaders headers,
                    const std::string& text = box_stopped) {
  return DescribedWebhooks(ProviderName{"boxes"}, described)
      .authenticity(text, header_of(std::move(headers)));
}

}  // namespace

TEST_CASE("a message by Standard Webhooks is genuine with the secret's signature, also as Svix sends it") {
  // The example of the specification's own documents.
  const std::string payload = R"({"test": 2432232314})";
  const std::string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  const std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  const std::string stamp = "1614265330";
  CHECK(judged(standard(),
               {{"webhook-id", id}, {"webhook-timestamp", stamp}, {"webhook-signature", signature}},
               payload) == Authenticity::genuine);
  CHECK(
      judged(
          standard(),
          {{"svix-id", id}, {"svix-timestamp", stamp}, {"svix-signature", "v1,AAAA " + signature + " v2,x"}},
          payload) == Authenticity::genuine);
  CHECK(judged(standard(),
               {{"webhook-id", id}, {"webhook-timestamp", stamp}, {"webhook-signature", signature}},
               payload + " ") == Authenticity::forged);
  CHECK(judged(standard(), {{"webhook-id", id}, {"webhook-timestamp", "1"}, {"webhook-signature", signature}},
               payload) == Authenticity::forged);
  CHECK(judged(standard(), {{"webhook-timestamp", stamp}, {"webhook-signature", signature}}, payload) ==
        Authenticity::forged);
  CHECK(judged(standard(), {}, payload) == Authenticity::forged);
}

TEST_CASE("a message by an HMAC is genuine where the described text was signed, in the described form") {
  const std::string plain = hmac_sha256("shared", box_stopped);
  const DescribedWebhook hex = by_hmac(DescribedWebhook::Encoding::hex, "{body}");
  CHECK(judged(hex, {{"x-signature", hex_of(plain)}}) == Authenticity::genuine);
  CHECK(judged(hex, {{"x-signature", "sha256=" + hex_of(plain)}}) == Authenticity::genuine);
  CHECK(judged(hex, {{"x-signature", encode_base64(plain)}}) == Authenticity::forged);
  CHECK(judged(hex, {{"x-signature", hex_of(hmac_sha256("other", box_stopped))}}) == Authenticity::forged);
  CHECK(judged(hex, {{"x-signature", ""}}) == Authenticity::forged);

  const DescribedWebhook timed = by_hmac(DescribedWebhook::Encoding::base64, "v0:{header.X-Time}:{body}");
  const std::string mac = encode_base64(hmac_sha256("shared", "v0:17:" + box_stopped));
  CHECK(judged(timed, {{"x-signature", mac}, {"x-time", "17"}}) == Authenticity::genuine);
  CHECK(judged(timed, {{"x-signature", mac}, {"x-time", "18"}}) == Authenticity::forged);
  CHECK(judged(timed, {{"x-signature", mac}}) == Authenticity::forged);
}

TEST_CASE("a signature without a secret proves nothing") {
  DescribedWebhook open = by_hmac(DescribedWebhook::Encoding::hex, "{body}");
  open.secret = Secret{};
  CHECK(judged(open, {{"x-signature", hex_of(hmac_sha256("", box_stopped))}}) == Authenticity::forged);
}

TEST_CASE("a described message says what its type is mapped to, and one that is not is kept once") {
  const DescribedWebhooks boxes(ProviderName{"boxes"}, standard());
  const Delivery stopped = boxes.read(box_stopped, Wall{}).value();
  CHECK(stopped.followed);
  CHECK(stopped.row.remote_id == RemoteId{"box-1"});
  CHECK(stopped.row.progress == Progress::ended);
  CHECK_FALSE(stopped.row.failed);
  CHECK(stopped.row.key == delivery_key("sandbox.stopped", RemoteId{"box-1"}));
  CHECK(boxes.read(R"({"event":"sandbox.broke","data":{"id":7}})", Wall{}).value().row.failed);
  const Delivery other = boxes.read(R"({"event":"sandbox.renamed"})", Wall{}).value();
  CHECK_FALSE(other.followed);
  CHECK(other.row.disposition == Disposition::ignored);
  for (const char* wrong :
       {"", "[]", "7", R"({"event":""})", R"({"event":7})", R"({"event":"sandbox.stopped"})",
        R"({"event":"sandbox.stopped","data":{"id":""}})"}) {
    INFO(wrong);
    CHECK_FALSE(boxes.read(wrong, Wall{}).ok());
  }
}
