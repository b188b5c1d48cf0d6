#include "net/http_client.h"

#include <netinet/in.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "net/timed_calls.h"
#include "net/transfers.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_CASE("a call ends within its limit whatever the server does") {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  using Act = std::function<void(Wire&)>;
  const std::pair<const char*, Act> act = GENERATE_COPY(
      std::pair<const char*, Act>{"silent", [](Wire& wire) { wire.hold(); }},
      std::pair<const char*, Act>{
          "drips its head",
          [](Wire& wire) { wire.drip("HTTP/1.1 200 OK\r\nX: " + std::string(500, 'x'), 20ms); }},
      std::pair<const char*, Act>{
          "drips its status line",
          [](Wire& wire) { wire.drip("HTTP/1.1 200 " + std::string(400, 'x'), 20ms); }},
      std::pair<const char*, Act>{"stops in its head", [](Wire& wire) {
                                    wire.send("HTTP/1.1 200 OK\r\n");
                                    wire.hold();
                                  }});
  INFO(act.first);
  FakeServer server([&](const Received&, Wire& wire) { act.second(wire); });
  HttpClient client = client_of(server);
  const Called called = call(client, post_request(), call_limit);
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::maybe_applied);
  CHECK(called.took >= call_limit - 5ms);
  CHECK(called.took < call_limit + call_grace);
}

TEST_CASE("a server that accepts and never reads does not hold a large request up") {
  FakeServer::Options options;
  options.on_connect = [](Wire& wire) { wire.hold(); };
  FakeServer server([](const Received&, Wire&) {}, options);
  HttpClient client = client_of(server);
  const Called called = call(client, post_request(std::string(16U << 20U, 'x')), call_limit);
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::maybe_applied);
  CHECK(called.took < call_limit + call_grace + 100ms);
}

TEST_CASE("nothing was sent where nobody listens") {
  int port = 0;
  {
    port = FakeServer([](const Received&, Wire&) {}).port();
  }
  HttpClient client({parse_url("http://127.0.0.1:" + std::to_string(port)).value(), ""});
  const Called called = call(client, post_request(), call_limit);
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::not_applied);
}

TEST_CASE("a black hole costs the limit and no more") {
  // A full backlog of a listener that never accepts swallows connections.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listener, any, length) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  REQUIRE(::getsockname(listener, any, &length) == 0);
  std::vector<int> fillers;
  for (int i = 0; i < 3; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    static_cast<void>(::connect(fillers.back(), any, length));
  }
  HttpClient client({parse_url("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))).value(), ""});
  const Called called = call(client, post_request(), call_limit);
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::not_applied);
  CHECK(called.took < call_limit + call_grace);
  for (const int filler : fillers) ::close(filler);
  ::close(listener);
}

TEST_CASE("a reset or a silent close after the request is ambiguous") {
  const bool resets = GENERATE(true, false);
  FakeServer server([&](const Received&, Wire& wire) { resets ? wire.reset() : wire.close(); });
  HttpClient client = client_of(server);
  const Called called = call(client, post_request(), 2s);
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::maybe_applied);
  CHECK(called.took < 500ms);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("connections are kept and used again") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  HttpClient client = client_of(server);
  for (int i = 0; i < 5; ++i) REQUIRE(call(client, get_request(), 2s).response.ok());
  CHECK(server.connections() == 1);
  HttpRequest fresh = post_request();
  fresh.idle_max = 0ms;
  REQUIRE(call(client, fresh, 2s).response.ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("a kept connection that the server closed is replaced, but no order is sent twice") {
  std::atomic<int> served{0};
  FakeServer server([&](const Received&, Wire& wire) {
    const int number = ++served;
    // The second request on a kept connection is read and not answered.
    if (number == 2) {
      wire.close();
    } else {
      wire.send(reply(200, "{}"));
    }
  });
  HttpClient client = client_of(server);
  REQUIRE(call(client, get_request(), 2s).response.ok());
  SECTION("a read goes again") {
    CHECK(call(client, get_request(), 2s).response.ok());
    CHECK(served == 3);
  }
  SECTION("an order does not") {
    const Called called = call(client, post_request(), 2s);
    REQUIRE_FALSE(called.response.ok());
    CHECK(called.response.error().kind == ErrorKind::maybe_applied);
    CHECK(served == 2);
  }
}

TEST_CASE("a connection that was closed while it was kept is not used") {
  FakeServer server([](const Received&, Wire& wire) {
    wire.send(reply(200, "{}"));
    wire.close();
  });
  HttpClient client = client_of(server);
  for (int i = 0; i < 3; ++i) {
    CHECK(call(client, post_request(), 2s).response.ok());
    std::this_thread::sleep_for(20ms);
  }
  CHECK(server.requests().size() == 3);
}

TEST_CASE("no value can smuggle a header or a request") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  HttpClient client = client_of(server);
  const std::string evil = "a\r\nX-Planted: 1";
  CHECK_FALSE(call(client, {"GET", "/", {{"Authorization", evil}}}, 2s).response.ok());
  CHECK_FALSE(call(client, {"GET", "/" + evil}, 2s).response.ok());
  CHECK_FALSE(call(client, {"GET", "/", {{evil, "v"}}}, 2s).response.ok());
  CHECK(server.requests().empty());
}

TEST_CASE("a request leaves as it is written") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  HttpClient client = client_of(server);
  const auto [method, body] = GENERATE(table<std::string, std::string>({{"GET", ""},
                                                                        {"POST", ""},
                                                                        {"POST", "{}"},
                                                                        {"PUT", "{}"},
                                                                        {"PATCH", "{}"},
                                                                        {"DELETE", ""},
                                                                        {"DELETE", "{}"}}));
  INFO(method);
  const std::string target = "/a/../b/./c%2Fd?q=%20|\"{}";
  REQUIRE(
      call(client, {method, target, {{"X-Empty", ""}, {"Accept", "text/plain"}}, body}, 2s).response.ok());
  const Received request = server.requests().front();
  CHECK(request.method == method);
  CHECK(request.target == target);
  CHECK(request.body == body);
  CHECK(request.headers.at("x-empty").empty());
  CHECK(request.headers.at("accept") == "text/plain");
  CHECK(request.headers.at("host") == server.url().substr(7));
  CHECK(request.headers.count("content-type") == (body.empty() ? 0 : 1));
  CHECK(request.headers.count("expect") == 0);
  const bool says_length = method != "GET" && method != "DELETE";
  if (says_length || !body.empty())
    CHECK(request.headers.at("content-length") == std::to_string(body.size()));
}

TEST_CASE("calls that hang hold up nobody else") {
  FakeServer server([](const Received& request, Wire& wire) {
    if (request.target == "/hang") {
      wire.hold();
    } else {
      wire.send(reply(200, "{}"));
    }
  });
  HttpClient client = client_of(server);
  std::vector<std::thread> hanging;
  for (int i = 0; i < 50; ++i) hanging.emplace_back([&] { call(client, get_request("/hang"), 1500ms); });
  std::this_thread::sleep_for(200ms);
  for (int i = 0; i < 20; ++i) {
    const Called called = call(client, get_request(), 1s);
    CHECK(called.response.ok());
    CHECK(called.took < 300ms);
  }
  for (std::thread& one : hanging) one.join();
}

TEST_CASE("an end of the transfers ends what is under way, and says what may have been sent") {
  FakeServer server([](const Received&, Wire& wire) { wire.hold(); });
  auto transfers = std::make_shared<Transfers>();
  HttpClient client({parse_url(server.url()).value(), ""}, transfers);
  std::promise<Result<HttpResponse>> answered;
  std::thread caller([&] { answered.set_value(wait(client.call(post_request(), Clock::now() + 20s))); });
  while (server.requests().empty()) std::this_thread::sleep_for(5ms);
  transfers->stop();
  const auto answer = answered.get_future().get();
  caller.join();
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind == ErrorKind::maybe_applied);
}

TEST_CASE("URLs are read strictly") {
  CHECK(parse_url("https://api.notte.cc")->port == 443);
  CHECK(parse_url("http://[::1]:8480/base/")->host == "::1");
  CHECK(parse_url("http://[::1]:8480/base/")->path == "/base/");
  CHECK(parse_url("http://h")->path.empty());
  CHECK(parse_url("HTTPS://h:1")->origin() == "https://h:1");
  for (const char* wrong :
       {"", "api.notte.cc", "ftp://h", "http://", "http://h:0", "http://h:70000", "http://h:1x",
        "http://user@h", "http://h?q", "http://h#f", "http://[::1", "http://h:"}) {
    INFO(wrong);
    CHECK_FALSE(parse_url(wrong));
  }
  CHECK(is_loopback(*parse_url("http://127.0.0.53")));
  CHECK_FALSE(is_loopback(*parse_url("http://127.0.0.1.example.org")));
}

TEST_CASE("where this machine has no route, nothing is sent and the error says that it is us") {
  enum Outcome { cut_off, something_else, no_namespace };
  // In a network of its own without any route, which only a process of one thread may enter.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ::_exit(no_namespace);
    for (const char* url : {"http://192.0.2.1:80", "http://[2001:db8::1]:80", "http://provider.example:80"}) {
      HttpClient client({parse_url(url).value(), ""}, std::make_shared<Transfers>());
      const auto response = wait(client.call(get_request(), Clock::now() + 5s));
      if (response.ok() || response.error().kind != ErrorKind::cut_off) ::_exit(something_else);
    }
    ::_exit(cut_off);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_namespace) {
    WARN("not tried: no network namespace may be made here");
  } else {
    CHECK(WEXITSTATUS(status) == cut_off);
  }
}
