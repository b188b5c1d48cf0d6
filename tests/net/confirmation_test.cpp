// The last moment before a request leaves: a confirmation that does not admit it keeps every byte of it back.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <future>
#include <string>
#include <thread>

#include "net/certificates.h"
#include "net/timed_calls.h"
#include "net/unresolved.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

namespace {

Mono in(Millis time) { return BootClock::now() + time; }

HttpRequest confirmed_by(Confirmation& confirmation, HttpRequest request = post_request()) {
  request.confirmation = &confirmation;
  return request;
}

void answer_confirmed(const Received&, Wire& wire) { wire.send(reply(200, "{}")); }

void check_held_back(const Called& called, Confirmation& confirmation) {
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::not_applied);
  CHECK(called.response.error().what.find("this process leads") != std::string::npos);
  CHECK(confirmation.has_refused());
}

// Takes what comes on its connections until they end.
class Hearing {
 public:
  Hearing() : server_([](const Received&, Wire&) {}, options()) {}

  std::string url() const { return server_.url(); }
  int connections() const { return server_.connections(); }
  // Of the connections that have ended.
  int ended() const { return ended_; }
  bool heard() const { return heard_; }

 private:
  FakeServer::Options options() {
    FakeServer::Options options;
    options.on_connect = [this](Wire& wire) {
      std::string came;
      Received request;
      const bool whole = wire.receive(&came, &request);
      if (whole || !came.empty()) heard_ = true;
      ++ended_;
      wire.close();
    };
    return options;
  }

  std::atomic<bool> heard_{false};
  std::atomic<int> ended_{0};
  FakeServer server_;
};

struct SlowTls {
  explicit SlowTls(std::chrono::milliseconds handshake) : server(answer_confirmed, options(handshake)) {
    write_pem(authority, path);
  }
  ~SlowTls() { std::remove(path.c_str()); }

  HttpClient client() const {
    return HttpClient({parse_url("https://127.0.0.1:" + std::to_string(server.port())).value(), path});
  }
  FakeServer::Options options(std::chrono::milliseconds handshake) const {
    FakeServer::Options options;
    options.tls = context.get();
    options.on_connect = [handshake](Wire& wire) { wire.pause(handshake); };
    return options;
  }

  Certificate authority = make_certificate({.common_name = "test authority", .is_authority = true});
  Certificate leaf = make_certificate({.common_name = "other", .names = "IP:127.0.0.1"}, &authority);
  decltype(server_context(leaf)) context = server_context(leaf);
  std::string path = "/tmp/keeper-confirmation-ca-" + std::to_string(::getpid()) + ".pem";
  FakeServer server;
};

}  // namespace

TEST_CASE("no byte of a request arrives that its confirmation does not admit") {
  Hearing server;
  HttpClient client({parse_url(server.url()).value(), ""});
  // Each of them would do but for one time.
  Confirmation lease_over(in(0ms), in(-1ms));
  Confirmation too_old(in(-Confirmation::life - 1ms), in(10s));
  Confirmation withdrawn(in(0ms), in(10s));
  withdrawn.withdraw();
  int calls = 0;
  for (Confirmation* one : {&lease_over, &too_old, &withdrawn}) {
    check_held_back(call(client, confirmed_by(*one), 2s), *one);
    ++calls;
    for (int i = 0; i < 400 && server.ended() < calls; ++i) std::this_thread::sleep_for(5ms);
    CHECK(server.ended() == calls);
  }
  CHECK_FALSE(server.heard());
}

TEST_CASE("a confirmation that holds lets its request leave") {
  FakeServer server(answer_confirmed);
  HttpClient client = client_of(server);
  Confirmation confirmation(in(0ms), in(10s));
  CHECK(call(client, confirmed_by(confirmation), 2s).response.ok());
  CHECK_FALSE(confirmation.has_refused());
}

TEST_CASE("a lease that ends during a slow TLS handshake keeps the request back") {
  SlowTls slow(500ms);
  HttpClient client = slow.client();
  Confirmation confirmation(in(0ms), in(200ms));
  check_held_back(call(client, confirmed_by(confirmation), 5s), confirmation);
  CHECK(slow.server.connections() == 1);
  CHECK(slow.server.requests().empty());
}

TEST_CASE("a confirmation is asked after the name was looked up, and not before") {
  FakeServer server(answer_confirmed);
  HttpClient client(
      {parse_url("http://" + std::string(hung_name) + ":" + std::to_string(server.port())).value(), ""});
  Confirmation confirmation(in(0ms), in(10s));
  std::future<Called> later;
  {
    Hang hang;
    later = std::async(std::launch::async, [&] { return call(client, confirmed_by(confirmation), 10s); });
    std::this_thread::sleep_for(Confirmation::life + 200ms);
    CHECK_FALSE(confirmation.has_refused());
  }
  check_held_back(later.get(), confirmation);
  CHECK(server.requests().empty());
}

TEST_CASE("what is renewed during a slow TLS handshake lets the request leave on the same connection") {
  SlowTls slow(1500ms);
  HttpClient client = slow.client();
  Confirmation confirmation(in(0ms), in(10s));
  std::atomic<bool> ended{false};
  std::thread renewing([&] {
    while (!ended) {
      confirmation.renew(in(0ms), in(10s));
      std::this_thread::sleep_for(100ms);
    }
  });
  const Called called = call(client, confirmed_by(confirmation), 10s);
  ended = true;
  renewing.join();
  CHECK(called.response.ok());
  CHECK(called.took >= 1500ms);
  CHECK(slow.server.connections() == 1);
}

TEST_CASE("a request on a kept connection needs its own confirmation") {
  FakeServer server(answer_confirmed);
  HttpClient client = client_of(server);
  REQUIRE(call(client, post_request(), 2s).response.ok());
  Confirmation over(in(0ms), in(-1ms));
  check_held_back(call(client, confirmed_by(over), 2s), over);
  CHECK(server.requests().size() == 1);
  CHECK(server.connections() == 1);
  Confirmation good(in(0ms), in(10s));
  CHECK(call(client, confirmed_by(good), 2s).response.ok());
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a request that would leave a second time needs to be admitted once more") {
  // The kept connection dies under the second request, which libcurl would repeat on a new one.
  std::atomic<int> asked{0};
  FakeServer server([&](const Received&, Wire& wire) {
    if (++asked == 2) {
      wire.pause(300ms);
      wire.close();
    } else {
      wire.send(reply(200, "{}"));
    }
  });
  HttpClient client = client_of(server);
  REQUIRE(call(client, get_request(), 2s).response.ok());
  Confirmation short_one(in(0ms), in(150ms));
  const Called called = call(client, confirmed_by(short_one, get_request()), 5s);
  CHECK(short_one.has_refused());
  REQUIRE_FALSE(called.response.ok());
  CHECK(called.response.error().kind == ErrorKind::maybe_applied);
  CHECK(server.requests().size() == 2);
}
