#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "net/certificates.h"
#include "net/fake_server.h"
#include "net/http_client.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

struct Authority {
  Authority() { write_pem(certificate, path); }
  ~Authority() { std::remove(path.c_str()); }
  Certificate certificate = make_certificate({.common_name = "test authority", .is_authority = true});
  std::string path =
      "/tmp/keeper-test-ca-" + std::to_string(::getpid()) + "-" + std::to_string(made++) + ".pem";

 private:
  static inline int made = 0;
};

FakeServer::Options with_tls(SSL_CTX* context) {
  FakeServer::Options options;
  options.tls = context;
  return options;
}

void answer_ok(const Received&, Wire& wire) { wire.send(reply(200, "{\"ok\":true}")); }

std::string url_of(const FakeServer& server, const std::string& host) {
  return "https://" + host + ":" + std::to_string(server.port());
}

Result<HttpResponse> post(const std::string& url, const std::string& ca_file,
                          std::chrono::milliseconds limit = 3s) {
  HttpClient client({parse_url(url).value(), ca_file});
  return wait(client.call({"POST", "/", {{"Authorization", "Bearer planted"}}, "{}"}, Clock::now() + limit));
}

}  // namespace

TEST_CASE("a certificate that names the host is accepted, and the connection kept") {
  const Authority authority;
  const auto leaf = make_certificate({.common_name = "other", .names = "DNS:localhost,IP:127.0.0.1"},
                                     &authority.certificate);
  const auto context = server_context(leaf);
  FakeServer server(answer_ok, with_tls(context.get()));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    INFO(host);
    const auto answered = post(url_of(server, host), authority.path);
    REQUIRE(answered.ok());
    CHECK(answered->body == "{\"ok\":true}");
  }
  HttpClient client({parse_url(url_of(server, "localhost")).value(), authority.path});
  const int before = server.connections();
  for (int i = 0; i < 5; ++i) REQUIRE(wait(client.call({"GET", "/"}, Clock::now() + 3s)).ok());
  CHECK(server.connections() == before);
}

TEST_CASE("a certificate that does not prove the host is refused, and nothing is sent") {
  const Authority authority;
  const Authority other;
  struct Case {
    const char* what;
    CertificateOptions options;
    int signer;  // 0: the authority, 1: itself, 2: another authority
    const char* host = "localhost";
  };
  const Case each = GENERATE(
      Case{"another name", {.common_name = "x", .names = "DNS:other.example"}, 0},
      Case{"a common name alone", {.common_name = "localhost"}, 0},
      Case{
          "a common name beside another name", {.common_name = "localhost", .names = "DNS:other.example"}, 0},
      Case{
          "an address as a DNS name", {.common_name = "127.0.0.1", .names = "DNS:127.0.0.1"}, 0, "127.0.0.1"},
      Case{"another address", {.common_name = "x", .names = "IP:127.0.0.2"}, 0, "127.0.0.1"},
      Case{"a wildcard over everything", {.common_name = "x", .names = "DNS:*"}, 0},
      Case{"a wildcard for a part of a label", {.common_name = "x", .names = "DNS:local*"}, 0},
      Case{"a wildcard for a name below", {.common_name = "x", .names = "DNS:*.localhost"}, 0},
      Case{"expired", {"x", "DNS:localhost", -7200, -3600}, 0},
      Case{"not valid yet", {"x", "DNS:localhost", 3600, 7200}, 0},
      Case{"self-signed", {.common_name = "x", .names = "DNS:localhost"}, 1},
      Case{"an unknown authority", {.common_name = "x", .names = "DNS:localhost"}, 2});
  INFO(each.what);
  const Certificate* signers[] = {&authority.certificate, nullptr, &other.certificate};
  const auto context = server_context(make_certificate(each.options, signers[each.signer]));
  FakeServer server(answer_ok, with_tls(context.get()));
  const auto answered = post(url_of(server, each.host), authority.path);
  REQUIRE_FALSE(answered.ok());
  CHECK(answered.error().kind == ErrorKind::not_applied);
  CHECK(server.requests().empty());
}

TEST_CASE("a connection is never shared with a client that trusts other authorities") {
  const Authority authority;
  const Authority other;
  const auto leaf = make_certificate({.common_name = "x", .names = "DNS:localhost"}, &authority.certificate);
  const auto context = server_context(leaf);
  FakeServer server(answer_ok, with_tls(context.get()));
  REQUIRE(post(url_of(server, "localhost"), authority.path).ok());
  CHECK_FALSE(post(url_of(server, "localhost"), other.path).ok());
  CHECK_FALSE(post(url_of(server, "localhost"), "").ok());
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a ca_file that was replaced counts for the next connection") {
  const Authority authority;
  const Authority other;
  const auto leaf = make_certificate({.common_name = "x", .names = "DNS:localhost"}, &authority.certificate);
  const auto context = server_context(leaf);
  FakeServer server(answer_ok, with_tls(context.get()));
  REQUIRE_FALSE(post(url_of(server, "localhost"), other.path).ok());
  write_pem(authority.certificate, other.path);
  CHECK(post(url_of(server, "localhost"), other.path).ok());
}

TEST_CASE("while a ca_file cannot be read, what was read of it last counts") {
  const Authority authority;
  const auto leaf = make_certificate({.common_name = "x", .names = "DNS:localhost"}, &authority.certificate);
  const auto context = server_context(leaf);
  FakeServer server(answer_ok, with_tls(context.get()));
  HttpClient client({parse_url(url_of(server, "localhost")).value(), authority.path});
  HttpRequest request{"POST", "/", {}, "{}"};
  request.idle_max = 0s;  // each on a connection of its own
  REQUIRE(wait(client.call(request, Clock::now() + 3s)).ok());
  REQUIRE(::unlink(authority.path.c_str()) == 0);
  CHECK(wait(client.call(request, Clock::now() + 3s)).ok());
  REQUIRE(::mkfifo(authority.path.c_str(), 0600) == 0);
  CHECK(wait(client.call(request, Clock::now() + 3s)).ok());
}

TEST_CASE("TLS older than 1.2 is refused") {
  const Authority authority;
  const auto leaf = make_certificate({.common_name = "x", .names = "DNS:localhost"}, &authority.certificate);
  const auto context = server_context(leaf, TLS1_1_VERSION);
  FakeServer server(answer_ok, with_tls(context.get()));
  const auto answered = post(url_of(server, "localhost"), authority.path);
  REQUIRE_FALSE(answered.ok());
  CHECK(answered.error().kind == ErrorKind::not_applied);
  CHECK(server.requests().empty());
}

TEST_CASE("the system's authorities do not vouch for a private one") {
  const Authority authority;
  const auto leaf = make_certificate({.common_name = "x", .names = "DNS:localhost"}, &authority.certificate);
  const auto context = server_context(leaf);
  FakeServer server(answer_ok, with_tls(context.get()));
  const auto answered = post(url_of(server, "localhost"), "");
  REQUIRE_FALSE(answered.ok());
  CHECK(server.requests().empty());
}

TEST_CASE("a ca_file that cannot be read is an error of the call") {
  const auto answered = post("https://localhost:1", "/nonexistent/ca.pem");
  REQUIRE_FALSE(answered.ok());
  CHECK(answered.error().kind == ErrorKind::denied);
  CHECK(answered.error().what.find("/nonexistent/ca.pem") != std::string::npos);
}

TEST_CASE("a stalled or dripping handshake ends within the limit") {
  const bool drips = GENERATE(false, true);
  FakeServer::Options options;
  options.on_connect = [drips](Wire& wire) {
    // The header of a long handshake record, then its bytes one by one.
    if (drips)
      wire.drip(std::string("\x16\x03\x03\x3f\x00\x02\x00\x3e\xfc", 9) + std::string(500, 'x'), 20ms);
    wire.hold();
  };
  FakeServer server(answer_ok, options);
  const auto began = Clock::now();
  const auto answered = post(url_of(server, "localhost"), "", 400ms);
  REQUIRE_FALSE(answered.ok());
  CHECK(answered.error().kind == ErrorKind::not_applied);
  CHECK(Clock::now() - began < 2s);
}

TEST_CASE("plain HTTP where TLS is due is refused") {
  FakeServer server(answer_ok);
  const auto answered = post(url_of(server, "localhost"), "");
  REQUIRE_FALSE(answered.ok());
  CHECK(answered.error().kind == ErrorKind::not_applied);
}
