// What the environment and the user's files say of HTTP is not heeded: no proxy, no password, no authority.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/timed_calls.h"
#include "net/transfers.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

namespace {

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

// A home folder with a password for each host.
struct Home {
  Home() {
    std::filesystem::create_directory(path);
    std::ofstream(path + "/.netrc") << "default login planted password planted\n";
    std::ofstream(path + "/.curlrc") << "header = \"X-Planted: 1\"\n";
  }
  ~Home() { std::filesystem::remove_all(path); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  std::string path = "/tmp/keeper-test-home-" + std::to_string(::getpid());
};

}  // namespace

TEST_CASE("no proxy of the environment is used, and no password of a .netrc sent") {
  const Home home;
  FakeServer proxy([](const Received&, Wire& wire) { wire.send(reply(200, "\"planted\"")); });
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  {
    const Variable folder("HOME", home.path);
    const Variable file("NETRC", home.path + "/.netrc");
    const Variable plain("http_proxy", proxy.url());
    const Variable secure("https_proxy", proxy.url());
    const Variable all("ALL_PROXY", proxy.url());
    HttpClient client({parse_url(server.url()).value(), ""}, std::make_shared<Transfers>());
    HttpRequest fresh = post_request();
    fresh.idle_max = 0ms;
    for (const HttpRequest& request : {get_request(), post_request(), fresh}) {
      const Called called = call(client, request, 2s);
      REQUIRE(called.response.ok());
      CHECK(called.response->body == "{}");
    }
  }
  CHECK(proxy.connections() == 0);
  for (const Received& request : server.requests()) {
    CHECK(request.headers.count("authorization") == 0);
    CHECK(request.headers.count("x-planted") == 0);
    CHECK(request.headers.count("proxy-connection") == 0);
  }
}

TEST_CASE("a cookie is never kept, and a login that is asked for never tried") {
  const int status = GENERATE(200, 401);
  FakeServer server([&](const Received&, Wire& wire) {
    wire.send(reply(status, "{}",
                    "Set-Cookie: planted=1; Path=/\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                    "WWW-Authenticate: Negotiate\r\n"));
  });
  HttpClient client = client_of(server);
  for (int i = 0; i < 3; ++i) CHECK(call(client, post_request(), 2s).response.ok());
  REQUIRE(server.requests().size() == 3);
  for (const Received& request : server.requests()) {
    CHECK(request.headers.count("cookie") == 0);
    CHECK(request.headers.count("authorization") == 0);
  }
}
