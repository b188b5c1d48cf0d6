#include <thread>

#include "net/certificates.h"
#include "webhook/raw_client.h"
#include "webhook/webhook_stage.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using Clock = std::chrono::steady_clock;

ServerTls served(const Certificate& certificate) {
  return make_server_tls(pem_of(certificate), Secret(key_pem_of(certificate))).value();
}

ServerTls any_certificate() { return served(make_certificate({})); }

std::shared_ptr<SSL_CTX> client_context(int version_max = TLS1_3_VERSION) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), version_max);
  return context;
}

std::string peer_name(const RawClient& client) {
  const X509* peer = SSL_get0_peer_certificate(client.tls());
  char text[80] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, text, sizeof text);
  return text;
}

WebhookLimits quick_handshakes() {
  WebhookLimits limits;
  limits.request = Millis{400};
  limits.drain = Millis{200};
  return limits;
}

std::string why(const Result<ServerTls>& made) { return made.ok() ? "" : made.error().what; }

}  // namespace

TEST_CASE("deliveries come in TLS 1.2 and 1.3, several on a connection, of any size, in pieces") {
  WebhookStage stage({}, any_certificate());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = client_context(version);
    RawClient client(stage.port(), context.get());
    REQUIRE(client.tls() != nullptr);
    CHECK(SSL_version(client.tls()) == version);
    for (const std::size_t size : {std::size_t{2}, std::size_t{20'000}, std::size_t{60'000}}) {
      client.send(stage.post(std::string(size, 'x')));
      const auto answer = client.answer();
      REQUIRE(answer);
      CHECK(answer->status == 200);
    }
    for (const char c : stage.post("{}")) client.send(std::string(1, c));
    CHECK(client.answer()->status == 200);
    client.send(stage.post("{}") + stage.post("{}"));
    CHECK(client.answer()->status == 200);
    CHECK(client.answer()->status == 200);
  }
  CHECK(stage.listener->facts().count(WebhookCounter::recorded) == 12);
}

TEST_CASE("older TLS is refused") {
  WebhookStage stage({}, any_certificate());
  const auto context = client_context(TLS1_1_VERSION);
  CHECK(RawClient(stage.port(), context.get()).tls() == nullptr);
  CHECK(RawClient(stage.port(), client_context().get()).tls() != nullptr);
}

TEST_CASE("a new certificate is served to new connections, and those that are open go on") {
  CertificateOptions named;
  named.common_name = "first";
  WebhookStage stage({}, served(make_certificate(named)));
  const auto context = client_context();
  RawClient before(stage.port(), context.get());
  REQUIRE(before.tls() != nullptr);
  named.common_name = "second";
  stage.listener->use(served(make_certificate(named)));
  before.send(stage.post("{}"));
  CHECK(before.answer()->status == 200);
  CHECK(peer_name(before) == "first");
  RawClient after(stage.port(), context.get());
  REQUIRE(after.tls() != nullptr);
  CHECK(peer_name(after) == "second");
  after.send(stage.post("{}"));
  CHECK(after.answer()->status == 200);
}

TEST_CASE("who shakes hands slowly, or says something else than TLS, is gone in time and holds up nobody") {
  WebhookStage stage(quick_handshakes(), any_certificate());
  const auto context = client_context();
  const auto began = Clock::now();
  RawClient silent(stage.port());
  RawClient plain(stage.port());
  plain.send(stage.post("{}"));
  RawClient half(stage.port());
  half.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  RawClient good(stage.port(), context.get());
  REQUIRE(good.tls() != nullptr);
  good.send(stage.post("{}"));
  CHECK(good.answer()->status == 200);
  CHECK(plain.closes(Seconds{5}));
  CHECK(silent.closes(Seconds{5}));
  CHECK(half.closes(Seconds{5}));
  CHECK(Clock::now() - began < Seconds{3});
  CHECK(eventually([&] { return stage.listener->facts().connections <= 1; }));
}

TEST_CASE(
    "a request that drips in TLS is answered with 408, one that is too large with 413, and both are seen") {
  WebhookStage stage(quick_handshakes(), any_certificate());
  const auto context = client_context();
  RawClient slow(stage.port(), context.get());
  slow.send("POST /hooks/agents HT");
  const auto late = slow.answer(Seconds{5});
  REQUIRE(late);
  CHECK(late->status == 408);
  RawClient large(stage.port(), context.get());
  large.send(stage.post(std::string(64 * 1024 + 1, 'x')));
  const auto refused = large.answer(Seconds{5});
  REQUIRE(refused);
  CHECK(refused->status == 413);
  CHECK(large.closes(Seconds{5}));
}

TEST_CASE("a client that goes away in the middle of everything harms nobody") {
  WebhookStage stage(quick_handshakes(), any_certificate());
  const auto context = client_context();
  stage.holds = true;
  {
    RawClient gone(stage.port(), context.get());
    gone.send(stage.post("{}"));
    REQUIRE(eventually([&] { return stage.kept_count() == 1; }));
  }
  stage.release_kept(Ack::recorded);
  RawClient good(stage.port(), context.get());
  good.send(stage.post("{}"));
  CHECK(good.answer()->status == 200);
  CHECK(eventually([&] { return stage.listener->facts().connections == 1; }));
}

TEST_CASE("a certificate and a key that do not fit are refused with what is wrong") {
  const Certificate one = make_certificate({});
  const Certificate other = make_certificate({});
  const std::string chain = pem_of(one);
  CHECK(make_server_tls(chain + pem_of(other), Secret(key_pem_of(one))).ok());
  CHECK(why(make_server_tls(chain, Secret(key_pem_of(other)))).find("does not belong to the certificate") !=
        std::string::npos);
  CHECK(why(make_server_tls(chain, Secret(key_pem_of(one, "passphrase")))).find("encrypted") !=
        std::string::npos);
  CHECK(why(make_server_tls(chain, Secret(chain))).find("no private key") != std::string::npos);
  CHECK(why(make_server_tls("nonsense", Secret(key_pem_of(one)))).find("no certificate") !=
        std::string::npos);
  CHECK(why(make_server_tls(key_pem_of(one), Secret(key_pem_of(one)))).find("no certificate") !=
        std::string::npos);
  const Wall until = make_server_tls(chain, Secret(key_pem_of(one))).value().valid_until;
  CHECK(std::chrono::abs(until - wall_now() - std::chrono::hours{1}) < Seconds{30});
}
