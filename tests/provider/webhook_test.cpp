#include "provider/videosdk/videosdk_webhook.h"

#include <openssl/encoder.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include <cstdio>

#include "base/digest.h"
#include "net/encoding.h"
#include "net/fake_server.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using Key = std::shared_ptr<EVP_PKEY>;

Key make_key(int bits = 2048) { return {EVP_RSA_gen(static_cast<unsigned>(bits)), EVP_PKEY_free}; }

std::string pem_of(const Key& key, bool pkcs1) {
  std::unique_ptr<OSSL_ENCODER_CTX, decltype(&OSSL_ENCODER_CTX_free)> encoder(
      OSSL_ENCODER_CTX_new_for_pkey(key.get(), EVP_PKEY_PUBLIC_KEY, "PEM",
                                    pkcs1 ? "type-specific" : "SubjectPublicKeyInfo", nullptr),
      OSSL_ENCODER_CTX_free);
  unsigned char* bytes = nullptr;
  std::size_t count = 0;
  if (OSSL_ENCODER_to_data(encoder.get(), &bytes, &count) != 1) throw std::runtime_error("no PEM");
  std::string pem(reinterpret_cast<char*>(bytes), count);
  OPENSSL_free(bytes);
  return pem;
}

std::string sign(const Key& key, const std::string& body, int padding = RSA_PKCS1_PADDING,
                 const EVP_MD* digest = EVP_sha256()) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* inner = nullptr;
  EVP_DigestSignInit(context.get(), &inner, digest, nullptr, key.get());
  EVP_PKEY_CTX_set_rsa_padding(inner, padding);
  std::string signature(512, '\0');
  std::size_t length = signature.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                 reinterpret_cast<const unsigned char*>(body.data()), body.size());
  signature.resize(length);
  return signature;
}

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

const std::string body =
    R"({"webhookType":"ai-deployment-session-started","data":{"sessionId":"session-8f2c"}})";
const Wall at = wall("2026-11-20T10:00:00Z");

// Serves whatever key it holds, and counts.
struct KeyServer {
  Locked<std::string> pem;
  FakeServer server{[this](const Received&, Wire& wire) {
    const std::string text = pem.with([](std::string& held) { return held; });
    wire.send(text.empty() ? reply(500, "{}") : reply(200, json_text(Json{{"publicKey", text}})));
  }};
  void serve(const Key& key) {
    pem.with([&](std::string& held) { held = "\n" + pem_of(key, true); });
  }
};

HeaderOf signed_by(std::string signature) {
  return [signature = std::move(signature)](std::string_view name) -> std::string_view {
    return name == "videosdk-signature" ? std::string_view(signature) : std::string_view();
  };
}

}  // namespace

TEST_CASE("a genuine message is accepted with either PEM flavour and either alphabet") {
  const Key key = make_key();
  const bool pkcs1 = GENERATE(true, false);
  const auto verifying = WebhookKey::parse("\n" + pem_of(key, pkcs1) + "\r\n ");
  REQUIRE(verifying.ok());
  const std::string signature = sign(key, body);
  for (int i = 0; i < 3; ++i) CHECK((*verifying)->verifies(body, base64(signature)));
  CHECK((*verifying)->verifies(body, encode_base64url(signature)));
}

TEST_CASE("no changed bit of body or signature is accepted") {
  const Key key = make_key();
  const auto verifying = WebhookKey::parse(pem_of(key, false)).value();
  const std::string signature = base64(sign(key, body));
  int accepted = 0;
  for (std::size_t i = 0; i < body.size() * 8; ++i) {
    std::string changed = body;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    accepted += verifying->verifies(changed, signature) ? 1 : 0;
  }
  for (std::size_t i = 0; i < signature.size() * 8; ++i) {
    std::string changed = signature;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    accepted += verifying->verifies(body, changed) ? 1 : 0;
  }
  CHECK(accepted == 0);
  CHECK(verifying->verifies(body, signature));
}

TEST_CASE("other signatures, lengths and keys are rejected") {
  const Key key = make_key();
  const auto verifying = WebhookKey::parse(pem_of(key, false)).value();
  const std::string good = sign(key, body);
  CHECK_FALSE(verifying->verifies(body, base64(sign(key, body, RSA_PKCS1_PSS_PADDING))));
  CHECK_FALSE(verifying->verifies(body, base64(sign(key, body, RSA_PKCS1_PADDING, EVP_sha1()))));
  CHECK_FALSE(verifying->verifies(body, base64(sign(key, body, RSA_PKCS1_PADDING, EVP_sha512()))));
  CHECK_FALSE(verifying->verifies(body, base64(sign(make_key(), body))));
  CHECK_FALSE(verifying->verifies(body, base64(good.substr(1))));
  CHECK_FALSE(verifying->verifies(body, base64(good + '\0')));
  CHECK_FALSE(verifying->verifies(body, base64(std::string(1, '\0') + good)));
  CHECK_FALSE(verifying->verifies(body, ""));
  CHECK_FALSE(verifying->verifies(body, " " + base64(good)));
  CHECK_FALSE(verifying->verifies(body, base64(good) + "\n"));
  CHECK_FALSE(verifying->verifies(body, base64(good) + ", " + base64(good)));
  CHECK_FALSE(verifying->verifies("", base64(good)));
  CHECK_FALSE(verifying->verifies(body, base64(std::string(256, '\0'))));
  CHECK_FALSE(verifying->verifies(body, base64(std::string(256, '\xff'))));
  CHECK_FALSE(verifying->verifies(body, std::string(1'000'000, 'A')));
}

TEST_CASE("a key that is too short, of another kind, or no key is refused") {
  CHECK_FALSE(WebhookKey::parse(pem_of(make_key(1024), false)).ok());
  CHECK_FALSE(WebhookKey::parse(pem_of({EVP_EC_gen("P-256"), EVP_PKEY_free}, false)).ok());
  CHECK_FALSE(WebhookKey::parse("").ok());
  CHECK_FALSE(WebhookKey::parse("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").ok());
  CHECK_FALSE(WebhookKey::parse(std::string(1'000'000, 'x')).ok());
}

TEST_CASE("a key is fetched once when it is needed, and again only after a minute") {
  const Key key = make_key();
  // To make a key can take seconds: no minute may pass meanwhile.
  const std::string foreign = base64(sign(make_key(), body));
  KeyServer keys;
  keys.serve(key);
  VideoSdkWebhooks verifier(settings_for(ProviderType{"videosdk"}, keys.server.url()));
  CHECK_FALSE(verifier.has_key());
  CHECK_FALSE(verifier.verify(body, base64(sign(key, body))));
  CHECK(verifier.authenticity(body, signed_by(base64(sign(key, body)))) ==
        WebhookVerifier::Authenticity::genuine);
  CHECK(verifier.verify(body, base64(sign(key, body))));
  const Received asked = keys.server.requests().at(0);
  CHECK(asked.target == "/v2/public/rsa-public-key");
  CHECK(asked.headers.at("authorization").rfind("ey", 0) == 0);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(verifier.verify_or_refresh(body, foreign));
  CHECK(keys.server.requests().size() == 1);
  CHECK(verifier.authenticity(body, signed_by(base64(sign(make_key(), body)))) ==
        WebhookVerifier::Authenticity::forged);
}

TEST_CASE("before any key was fetched a signed message may be genuine, and one without a signature is not") {
  VideoSdkWebhooks verifier(settings_for(ProviderType{"videosdk"}, "http://127.0.0.1:1"));
  CHECK(verifier.authenticity(body, signed_by(base64(sign(make_key(), body)))) ==
        WebhookVerifier::Authenticity::no_key);
  CHECK(verifier.authenticity(body, signed_by("")) == WebhookVerifier::Authenticity::forged);
}

TEST_CASE("a changed key is taken over from the cache, the old one counts until the new one did") {
  const Key old_key = make_key();
  const Key new_key = make_key();
  const std::string cache = "/tmp/keeper-test-key-" + std::to_string(::getpid()) + ".pem";
  std::remove(cache.c_str());
  KeyServer keys;
  const ProviderSettings settings = settings_for(ProviderType{"videosdk"}, keys.server.url());
  keys.serve(old_key);
  { CHECK(VideoSdkWebhooks(settings, cache).refresh().ok()); }
  keys.serve(new_key);
  VideoSdkWebhooks verifier(settings, cache);
  CHECK(verifier.has_key());
  CHECK(verifier.verify_or_refresh(body, base64(sign(new_key, body))));
  CHECK_FALSE(verifier.verify(body, base64(sign(old_key, body))));

  VideoSdkWebhooks patient(settings, cache);
  keys.serve(old_key);
  REQUIRE(patient.refresh().ok());
  CHECK(patient.verify(body, base64(sign(new_key, body))));
  CHECK(patient.verify(body, base64(sign(old_key, body))));
  CHECK_FALSE(patient.verify(body, base64(sign(new_key, body))));
  std::remove(cache.c_str());
}

TEST_CASE("a pinned key is never replaced by a fetched one") {
  const Key pinned = make_key();
  const Key served = make_key();
  KeyServer keys;
  keys.serve(served);
  ProviderSettings settings = settings_for(ProviderType{"videosdk"}, keys.server.url());
  settings.webhook_public_key = pem_of(pinned, true);
  VideoSdkWebhooks verifier(settings);
  CHECK(verifier.verify(body, base64(sign(pinned, body))));
  CHECK_FALSE(verifier.verify_or_refresh(body, base64(sign(served, body))));
  CHECK(keys.server.requests().empty());
}

TEST_CASE("the documented message is read, its body kept as it came") {
  const std::string raw = golden("videosdk_webhook_started.json");
  const Delivery delivery = videosdk_delivery(raw, ProviderName{"agents"}, at).value();
  CHECK(delivery.followed);
  CHECK(delivery.row.type == "ai-deployment-session-started");
  CHECK(delivery.row.remote_id.str() == "8f2c1c52-3a4e-4d92-9a50-6a0e0f6b8c11");
  CHECK(delivery.row.key == "ai-deployment-session-started|8f2c1c52-3a4e-4d92-9a50-6a0e0f6b8c11");
  CHECK(delivery.row.progress == Progress::started);
  CHECK_FALSE(delivery.row.failed);
  CHECK(delivery.row.body == raw);
  CHECK(delivery.row.digest == sha256_hex(raw));
  CHECK(delivery.row.received_at == at);
}

TEST_CASE("of a name that stands twice the last value counts, and names elsewhere do not") {
  const auto [text, type, id] = GENERATE(table<const char*, const char*, const char*>({
      {R"({"webhookType":"a","webhookType":"b","data":{"sessionId":"x","sessionId":"y"}})", "b", "y"},
      {R"({"webhookType":"a","webhookType":1,"type":"c","data":{"sessionId":"x"}})", "c", "x"},
      {R"({"type":"c","webhookType":"a","data":{"sessionId":"x"},"data":{}})", "a", ""},
      {R"({"webhookType":"a","data":{"sessionId":"x"},"data":7})", "a", ""},
      {R"({"webhookType":"a","data":{"sessionId":["z"]},"other":{"sessionId":"x"}})", "a", ""},
      {R"({"webhookType":"a","data":[{"sessionId":"x"}]})", "a", ""},
      {R"({"webhookType":"a","data":{"deep":{"sessionId":"x","data":{"sessionId":"z"}},"sessionId":"y"}})",
       "a", "y"},
      {R"({"in":{"webhookType":"b"},"webhookType":"a","data":{"sessionId":"session-x"}})", "a", "x"},
  }));
  CAPTURE(text);
  const Delivery delivery = videosdk_delivery(text, ProviderName{"agents"}, at).value();
  CHECK(delivery.row.type == type);
  CHECK(delivery.row.remote_id.str() == id);
}

TEST_CASE("both families and all five events are followed") {
  const auto [suffix, progress, failed] =
      GENERATE(table<const char*, Progress, bool>({{"starting", Progress::starting, false},
                                                   {"started", Progress::started, false},
                                                   {"stopping", Progress::stopping, false},
                                                   {"stopped", Progress::ended, false},
                                                   {"failed", Progress::ended, true}}));
  const auto [family, field] = GENERATE(table<const char*, const char*>(
      {{"ai-deployment-session-", "webhookType"}, {"agent-session-", "type"}}));
  const std::string text =
      std::string("{\"") + field + "\":\"" + family + suffix + R"(","data":{"sessionId":"a"}})";
  const Delivery delivery = videosdk_delivery(text, ProviderName{"agents"}, at).value();
  CHECK(delivery.followed);
  CHECK(delivery.row.progress == progress);
  CHECK(delivery.row.failed == failed);
  CHECK(delivery.row.remote_id.str() == "a");
}

TEST_CASE("an unfollowed type is kept by its digest, a message that says nothing is refused") {
  const Delivery delivery =
      videosdk_delivery(R"({"webhookType":"recording-started"})", ProviderName{"a"}, at).value();
  CHECK_FALSE(delivery.followed);
  CHECK(delivery.row.disposition == Disposition::ignored);
  CHECK(delivery.row.key == "sha256|" + delivery.row.digest);
  for (const char* wrong : {"", "x", "[]", "7", "{}", R"({"webhookType":7})", R"({"webhookType":""})",
                            R"({"webhookType":"ai-deployment-session-started"})",
                            R"({"webhookType":"ai-deployment-session-started","data":{"sessionId":""}})",
                            R"({"webhookType":"agent-session-failed","data":{"sessionId":["a"]}})"}) {
    INFO(wrong);
    CHECK_FALSE(videosdk_delivery(wrong, ProviderName{"a"}, at).ok());
  }
  using namespace std::string_literals;
  for (const std::string& wrong : {"{\"webhookType\":\"a\"}\0"s, "{\"webhookType\":\"a\"}\0{}"s}) {
    CHECK_FALSE(videosdk_delivery(wrong, ProviderName{"a"}, at).ok());
    CHECK_FALSE(parse_json(wrong));
  }
}

TEST_CASE("what nobody reads in a message makes it no bad one") {
  using namespace std::string_literals;
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  for (const std::string& odd :
       {R"("\ud800")"s, R"("\udc00\ud800")"s, "\"\xff\xfe\""s, "\"a\nb\0c\""s, R"("\x41")"s, "1e400"s, "NaN"s,
        "-Infinity"s, "18446744073709551616"s, "007"s, deep}) {
    INFO(odd);
    const std::string text = R"({"webhookType":"agent-session-failed","note":)" + odd +
                             R"(,"data":{"other":)" + odd + R"(,"sessionId":"session-8f2c"}})";
    const auto delivery = videosdk_delivery(text, ProviderName{"agents"}, at);
    REQUIRE(delivery.ok());
    CHECK(delivery->row.remote_id.str() == "8f2c");
    CHECK(delivery->row.progress == Progress::ended);
    CHECK(delivery->row.body == text);
  }
  const auto numbered =
      videosdk_delivery(R"({"webhookType":"agent-session-failed","data":{"sessionId":18446744073709551616}})",
                        ProviderName{"a"}, at);
  REQUIRE(numbered.ok());
  CHECK(numbered->row.remote_id.str() == "18446744073709551616");
  CHECK(videosdk_delivery(R"({"webhookType":"agent-session-failed","data":{"sessionId":7}})",
                          ProviderName{"a"}, at)
            .value()
            .row.remote_id.str() == "7");
  CHECK_FALSE(videosdk_delivery(R"({"webhookType":"agent-session-failed","data":{"sessionId":"\ud800"}})",
                                ProviderName{"a"}, at)
                  .ok());
}
