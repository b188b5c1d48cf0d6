#include "provider/refusal.h"

#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpResponse response(int status, std::string body = "{}", Headers headers = {}) {
  return HttpResponse{status, std::move(body), std::move(headers), {}};
}

const Wall answered_at = wall("2026-11-20T10:00:00Z");

Error judged(int status, Purpose purpose, std::string body = "{}", Headers headers = {}) {
  return refusal(response(status, std::move(body), std::move(headers)), purpose, answered_at);
}

}  // namespace

TEST_CASE("a status has one meaning for a start and one for the rest") {
  struct Row {
    int status;
    ErrorKind start, read, change;
  };
  const Row row =
      GENERATE(Row{400, ErrorKind::denied, ErrorKind::malformed, ErrorKind::malformed},
               Row{401, ErrorKind::denied, ErrorKind::denied, ErrorKind::denied},
               Row{402, ErrorKind::exhausted, ErrorKind::exhausted, ErrorKind::exhausted},
               Row{403, ErrorKind::denied, ErrorKind::denied, ErrorKind::denied},
               Row{404, ErrorKind::denied, ErrorKind::gone, ErrorKind::gone},
               Row{408, ErrorKind::maybe_applied, ErrorKind::not_applied, ErrorKind::maybe_applied},
               Row{409, ErrorKind::not_applied, ErrorKind::malformed, ErrorKind::malformed},
               Row{410, ErrorKind::denied, ErrorKind::gone, ErrorKind::gone},
               Row{422, ErrorKind::denied, ErrorKind::malformed, ErrorKind::malformed},
               Row{429, ErrorKind::exhausted, ErrorKind::exhausted, ErrorKind::exhausted},
               Row{500, ErrorKind::maybe_applied, ErrorKind::not_applied, ErrorKind::maybe_applied},
               Row{502, ErrorKind::maybe_applied, ErrorKind::not_applied, ErrorKind::maybe_applied},
               Row{503, ErrorKind::maybe_applied, ErrorKind::not_applied, ErrorKind::maybe_applied},
               Row{529, ErrorKind::maybe_applied, ErrorKind::not_applied, ErrorKind::maybe_applied});
  INFO(row.status);
  CHECK(judged(row.status, Purpose::start).kind == row.start);
  CHECK(judged(row.status, Purpose::read).kind == row.read);
  CHECK(judged(row.status, Purpose::change).kind == row.change);
}

TEST_CASE("a 404 page of something in between does not say that a session is gone") {
  CHECK(judged(404, Purpose::read, "<html>nginx</html>").kind == ErrorKind::malformed);
  CHECK(judged(404, Purpose::read, "").kind == ErrorKind::gone);
}

TEST_CASE("Retry-After is kept, within an hour") {
  const auto wait = [](const char* value) {
    return judged(429, Purpose::read, "{}", {{"Retry-After", value}}).retry_after;
  };
  CHECK(wait("7") == Seconds{7});
  CHECK(wait("0") == Seconds{1});
  CHECK(wait("3600") == Seconds{3600});
  CHECK(wait("1000000000000") == Seconds{3600});
  CHECK(wait("99999999999999999999999999") == Seconds{3600});
  CHECK(wait("soon") == Seconds{60});
  CHECK(wait("-5") == Seconds{60});
  CHECK(wait("Fri, 20 Nov 2026 10:02:00 GMT") == Seconds{120});
  CHECK(wait("Fri, 20 Nov 2026 09:00:00 GMT") == Seconds{1});
  CHECK(judged(429, Purpose::start).retry_after == Seconds{60});
}

TEST_CASE("no start waits longer than an hour because an answer asks for it") {
  for (const int status : {402, 429, 500, 503, 542}) {
    for (const char* asked :
         {"7200", "999999999999", "1111111111111111111111111111110", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
      INFO(status << ", " << asked);
      CHECK(judged(status, Purpose::start, "{}", {{"Retry-After", asked}}).retry_after == Seconds{3600});
    }
    const auto past =
        judged(status, Purpose::start, "{}", {{"Retry-After", "Thu, 01 Jan 1970 00:00:01 GMT"}}).retry_after;
    REQUIRE(past);
    CHECK(*past >= Millis{0});
  }
}

TEST_CASE("a reset time is as good as Retry-After") {
  const std::string reset =
      std::to_string(std::chrono::floor<Seconds>(answered_at).time_since_epoch().count() + 25);
  CHECK(judged(429, Purpose::read, "{}", {{"x-ratelimit-reset", reset}}).retry_after == Seconds{25});
  CHECK(judged(429, Purpose::read, "{}", {{"X-RateLimit-Reset", "25"}}).retry_after == Seconds{25});
}

TEST_CASE("a used-up allowance is asked for anew once an hour, and holds up no heartbeat for so long") {
  CHECK(judged(402, Purpose::start).retry_after == Seconds{3600});
  CHECK_FALSE(judged(402, Purpose::change).retry_after);
}

TEST_CASE("an error that tells when the rate limit is renewed is still an error") {
  const Error error = judged(503, Purpose::read, "{}", {{"X-RateLimit-Reset", "25"}});
  CHECK(error.kind == ErrorKind::not_applied);
  CHECK_FALSE(error.retry_after);
  CHECK(judged(503, Purpose::read, "{}", {{"Retry-After", "25"}}).retry_after == Seconds{25});
}

TEST_CASE("the provider's words are found in every known shape") {
  const auto text = [](const std::string& body) { return text_of(response(400, body)); };
  CHECK(text(golden("notte_422.json")) ==
        "Validation error: body.idle_timeout_minutes: Input should be less than or equal to 30");
  CHECK(text(golden("notte_429.json")) == "Rate limit exceeded: Please wait before sending another request");
  CHECK(text(golden("notte_503.json")) == "The service is not available at the moment, try again.");
  CHECK(text(golden("sonoran_problem_401.json")) == "Unauthorized: Missing Authorization header.");
  CHECK(text(golden("sonoran_429_gateway.json")) == "API rate limit exceeded");
  CHECK(text(R"({"error":{"code":"x","message":"inner"}})") == "inner");
  CHECK(text(R"({"error":"plain"})") == "plain");
  CHECK(text(R"({"reason":"because"})") == "because");
  CHECK(text(R"({"statusMessage":"status"})") == "status");
  CHECK(text(R"({"detail":"Session not found"})") == "Session not found");
  CHECK(text(R"("SESSION_ERROR")") == "SESSION_ERROR");
  CHECK(text("INVALID API KEY") == "INVALID API KEY");
  CHECK(text("<html><body>502</body></html>") == "an HTML page");
  CHECK(text("").empty());
  CHECK(text("{}").empty());
}
