// What the client says of each odd answer, to an order on a new connection, to an order on a kept one and to
// a read on a kept one: a table. No order is sent twice, nothing that may have been acted on is said not to
// have been, and whatever a connection still holds is never taken for the answer to the next request.
#include <atomic>
#include <thread>

#include "golden_text.h"
#include "net/odd_answers.h"
#include "net/timed_calls.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;
using namespace std::chrono_literals;

namespace {

const PlainAnswer plain{"{\"id\":\"r1\"}", "/odd"};

// Gives the answer once, to the request for /odd or to the next connection, and plain ones to all others.
class OddServer {
 public:
  explicit OddServer(const OddAnswer& answer)
      : answer_(answer),
        server_([this](const auto& request, Wire& wire) { serve(request, wire); }, options()) {}

  std::string url() const { return server_.url(); }
  void strike() { armed_ = true; }
  int requests(const std::string& target) const {
    int count = 0;
    for (const Received& request : server_.requests()) count += request.target == target ? 1 : 0;
    return count;
  }
  bool saw_cookie() const {
    for (const Received& request : server_.requests())
      if (request.headers.count("cookie") > 0) return true;
    return false;
  }

 private:
  FakeServer::Options options() {
    FakeServer::Options options;
    options.on_connect = [this](Wire& wire) {
      if (answer_.unprompted && armed_.exchange(false)) give(answer_, plain, wire);
    };
    return options;
  }

  void serve(const Received& request, Wire& wire) {
    if (request.target != "/odd") {
      wire.send(reply(200, "{\"plain\":true}"));
    } else if (!answer_.unprompted && armed_.exchange(false)) {
      give(answer_, plain, wire);
    } else if (!answer_.unprompted) {
      wire.send(reply(200, plain.body));
    }
  }

  const OddAnswer& answer_;
  std::atomic<bool> armed_{false};
  FakeServer server_;
};

// No text of libcurl, which differs from release to release.
std::string told(const Result<HttpResponse>& response, int times) {
  if (!response.ok()) return std::string(to_string(response.error().kind));
  std::string text = std::to_string(response->status);
  if (!response->cut_short.empty()) {
    text += ", cut short";
  } else if (response->body == plain.body) {
    text += ", the answer";
  } else {
    text += ", " + std::to_string(response->body.size()) + " bytes";
  }
  return text + (times > 1 ? ", asked again" : "");
}

std::string outcome(const OddAnswer& answer, const std::string& method, bool fresh) {
  INFO(answer.name << ": " << method << (fresh ? " on a new connection" : " on a kept one"));
  const bool is_slow = answer.ending == WireEnd::hangs;
  OddServer server(answer);
  HttpClient client({parse_url(server.url()).value(), ""});
  REQUIRE(call(client, get_request("/plain"), 5s).response.ok());
  server.strike();
  HttpRequest request{method, "/odd", {}, method == "GET" ? "" : "{}"};
  if (fresh) request.idle_max = 0ms;
  const Called called = call(client, request, is_slow ? 600ms : 5s);
  CHECK(called.took < 5s);
  if (!called.response.ok()) CHECK(called.response.error().kind == ErrorKind::maybe_applied);
  if (answer.name == "two answers, the second later") std::this_thread::sleep_for(60ms);
  for (int i = 0; i < 2; ++i) {
    const Called next = call(client, get_request("/plain"), 5s);
    REQUIRE(next.response.ok());
    CHECK(next.response->body == "{\"plain\":true}");
  }
  const int times = server.requests("/odd");
  CHECK(times <= (method == "GET" ? 2 : 1));
  CHECK_FALSE(server.saw_cookie());
  return told(called.response, times);
}

}  // namespace

TEST_CASE("what the client says of each odd answer stands in the table") {
  REQUIRE(odd_answers().size() >= 40);
  std::string text =
      "\n| answer | order, new connection | order, kept connection | read, kept connection "
      "|\n|---|---|---|---|\n";
  for (const OddAnswer& answer : odd_answers()) {
    text += "| " + answer.name + " | " + outcome(answer, "POST", true) + " | ";
    if (answer.unprompted) {
      text += "no such case | no such case |\n";
    } else {
      text += outcome(answer, "POST", false) + " | " + outcome(answer, "GET", false) + " |\n";
    }
  }
  CHECK(golden_difference("net/odd_answers.md", text) == "");
}
