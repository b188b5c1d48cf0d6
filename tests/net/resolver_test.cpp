// Names that are looked up slowly or never.
#include "net/resolver.h"

#include <future>
#include <memory>

#include "net/timed_calls.h"
#include "net/unresolved.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

namespace {

std::chrono::milliseconds since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

HttpClient client_of_hung_name() {
  return HttpClient({parse_url(std::string("http://") + hung_name + ":9").value(), ""});
}

// Resolves on a client's thread, as calls do.
std::future<Result<std::vector<Endpoint>>> resolve(Resolver& resolver) {
  using Answer = Result<std::vector<Endpoint>>;
  auto found = std::make_shared<std::promise<Answer>>();
  auto answer = found->get_future();
  resolver.resolve(std::chrono::steady_clock::now() + 10s, *Transfers::shared(),
                   [found](Answer endpoints) { found->set_value(std::move(endpoints)); });
  return answer;
}

}  // namespace

TEST_CASE("a name server that never answers costs the limit, and nothing was sent") {
  const Hang hang;
  HttpClient client = client_of_hung_name();
  for (int i = 0; i < 2; ++i) {
    const Called called = call(client, post_request(), call_limit);
    REQUIRE_FALSE(called.response.ok());
    CHECK(called.response.error().kind != ErrorKind::maybe_applied);
    CHECK(called.took >= call_limit - 5ms);
    CHECK(called.took < call_limit + 1s);
  }
}

TEST_CASE("a name server that never answers holds up no other host's call") {
  const Hang hang;
  HttpClient hung = client_of_hung_name();
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  HttpClient client = client_of(server);
  auto waiting = std::async(std::launch::async, [&] { return call(hung, post_request(), 2s); });
  for (int i = 0; i < 10; ++i) {
    const Called called = call(client, get_request(), 1s);
    CHECK(called.response.ok());
    CHECK(called.took < 1s);
  }
  CHECK(waiting.wait_for(0ms) == std::future_status::timeout);
  CHECK_FALSE(waiting.get().response.ok());
}

TEST_CASE("a client ends at once while a name server does not answer") {
  const Hang hang;
  auto client = std::make_unique<HttpClient>(client_of_hung_name());
  CHECK_FALSE(call(*client, post_request(), 50ms).response.ok());
  const auto began = std::chrono::steady_clock::now();
  client.reset();
  CHECK(since(began) < 1s);
}

TEST_CASE(
    "while look-ups hang a known address is given at once, and only the first who asks waits for them") {
  Resolver resolver(hung_name, 9, 0ms);
  REQUIRE(resolve(resolver).get().ok());
  const Hang hang;
  const auto began = std::chrono::steady_clock::now();
  auto first = resolve(resolver);
  for (int i = 0; i < 16; ++i) {
    auto known = resolve(resolver);
    REQUIRE(known.wait_for(0ms) == std::future_status::ready);
    CHECK(known.get().ok());
  }
  CHECK(first.wait_for(0ms) == std::future_status::timeout);
  CHECK(first.get().ok());
  CHECK(since(began) < 3s);
}
