// By which proxy a call goes, and what the proxy and the server learn.
#include "net/proxy.h"

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <set>

#include "net/certificates.h"
#include "net/timed_calls.h"
#include "net/tunnel.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

namespace {

// Sets variables of the environment, and takes them back.
class Environment {
 public:
  explicit Environment(std::map<std::string, std::string> variables) : variables_(std::move(variables)) {
    for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
  }

 private:
  const std::map<std::string, std::string> variables_;
};

HttpOptions by_proxy(const std::string& url, int port, const std::string& user = "") {
  HttpOptions options{parse_url(url).value()};
  options.proxy = parse_proxy("http://" + user + "127.0.0.1:" + std::to_string(port));
  return options;
}

HttpRequest with_key(std::string target) {
  return {"POST", std::move(target), {{"Authorization", "Bearer planted"}}, "{}"};
}

std::string environment_says(const std::string& url) {
  return proxy_of_environment(parse_url(url).value()).reveal();
}

}  // namespace

TEST_CASE("an https server is called through the proxy, which sees its name and nothing of the request") {
  const Certificate authority = make_certificate({.common_name = "test authority", .is_authority = true});
  const Certificate theirs = make_certificate({.names = "DNS:provider.example"}, &authority);
  const auto context = server_context(theirs);
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, R"({"a":1})")); },
                    {context.get()});
  Tunnel tunnel(server.port());
  HttpOptions options = by_proxy("https://provider.example", tunnel.port(), "user:planted-password@");
  options.ca_file = "/tmp/keeper-proxy-" + std::to_string(::getpid()) + ".pem";
  write_pem(authority, options.ca_file);
  HttpClient client(options);
  const Called called = call(client, with_key("/start?x=1"), 5s);
  ::unlink(options.ca_file.c_str());
  REQUIRE(called.response.ok());
  CHECK(called.response->status == 200);
  CHECK(called.response->body == R"({"a":1})");
  REQUIRE(tunnel.heads().size() == 1);
  const std::string head = tunnel.heads()[0];
  CHECK(head.starts_with("CONNECT provider.example:443 HTTP/1.1\r\n"));
  CHECK(head.find("Proxy-Authorization: Basic ") != std::string::npos);
  CHECK(head.find("planted") == std::string::npos);
  CHECK(head.find("/start") == std::string::npos);
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].target == "/start?x=1");
  CHECK(server.requests()[0].head.find("Proxy-") == std::string::npos);
}

TEST_CASE("what a proxy refuses was never sent, and its password is not shown") {
  const auto refusal =
      GENERATE(as<std::string>{}, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
               "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "nonsense\r\n\r\n");
  INFO(refusal);
  Tunnel tunnel(1, refusal);
  HttpClient client(by_proxy("https://provider.example", tunnel.port(), "user:planted-password@"));
  const Called called = call(client, with_key("/"), 5s);
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::not_applied);
  CHECK(called.response.error().what.find("planted") == std::string::npos);
  CHECK(tunnel.heads().size() == 1);
}

TEST_CASE("a proxy of a plain server is told the whole URL") {
  FakeServer proxy([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  HttpClient client(by_proxy("http://provider.example:8080", proxy.port()));
  REQUIRE(call(client, get_request("/a/../b?c=%20"), 5s).response.ok());
  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests()[0].target == "http://provider.example:8080/a/../b?c=%20");
  CHECK(proxy.requests()[0].headers.at("host") == "provider.example:8080");
}

TEST_CASE("a loopback server is never called by a proxy") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  FakeServer proxy([](const Received&, Wire& wire) { wire.send(reply(502, "{}")); });
  HttpClient client(by_proxy(server.url(), proxy.port()));
  CHECK(call(client, get_request(), 5s).response.value().status == 200);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("the environment's proxy is not used unless it was asked for") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  FakeServer proxy([](const Received&, Wire& wire) { wire.send(reply(502, "{}")); });
  const Environment set({{"http_proxy", proxy.url()},
                         {"https_proxy", proxy.url()},
                         {"all_proxy", proxy.url()},
                         {"ALL_PROXY", proxy.url()}});
  HttpClient client = client_of(server);
  CHECK(call(client, get_request(), 5s).response.value().status == 200);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("the environment says by which proxy an origin is called, and which are not") {
  CHECK(environment_says("https://a.example").empty());
  const Environment set(
      {{"https_proxy", "http://p:1"}, {"http_proxy", "q:2"}, {"no_proxy", "b.example, .c.example,d"}});
  CHECK(environment_says("https://a.example") == "http://p:1");
  CHECK(environment_says("http://a.example") == "q:2");
  for (const char* excepted :
       {"https://b.example", "https://x.B.example", "https://c.example", "https://y.c.example", "http://d"}) {
    INFO(excepted);
    CHECK(environment_says(excepted).empty());
  }
  CHECK_FALSE(environment_says("https://ab.example").empty());
  const Environment all(std::map<std::string, std::string>{{"no_proxy", "*"}});
  CHECK(environment_says("https://a.example").empty());
}

TEST_CASE("a proxy is an http URL without a path") {
  CHECK(parse_proxy("http://p:3128")->url.port == 3128);
  CHECK(parse_proxy("p:3128/")->url.host == "p");
  CHECK(parse_proxy("http://u:p%40w@[::1]:1")->text.reveal() == "http://u:p%40w@[::1]:1");
  for (const char* wrong : {"", "https://p:1", "socks5://p:1", "http://p/path", "http://", "http://p:x"}) {
    INFO(wrong);
    CHECK_FALSE(parse_proxy(wrong));
  }
}

namespace {

// What a client offers in ALPN, as one text. The server takes HTTP/1.1.
int take_http1(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
               unsigned count, void* seen) {
  static_cast<std::string*>(seen)->assign(reinterpret_cast<const char*>(offered), count);
  static const std::string http1 = "http/1.1";
  *chosen = reinterpret_cast<const unsigned char*>(http1.data());
  *length = static_cast<unsigned char>(http1.size());
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

TEST_CASE("HTTP/2 is offered only where it was asked for") {
  const bool asked = GENERATE(false, true);
  std::string offered;
  const auto context = server_context(make_certificate({.names = "IP:127.0.0.1"}));
  SSL_CTX_set_alpn_select_cb(context.get(), take_http1, &offered);
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); }, {context.get()});
  HttpOptions options{parse_url("https://127.0.0.1:" + std::to_string(server.port())).value()};
  options.http2 = asked;
  HttpClient client(options);
  // The certificate is not trusted; what is offered comes before it.
  CHECK_FALSE(call(client, get_request(), 5s).response.ok());
  CHECK(offered.find("http/1.1") != std::string::npos);
  CHECK((offered.find("h2") != std::string::npos) == asked);
}
