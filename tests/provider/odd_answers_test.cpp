// What one provider says otherwise than HTTP does counts at that provider and at no other.
#include "net/fake_server.h"
#include "provider/notte/notte.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

const Wall now = wall("2026-11-20T10:00:00Z");

// How a provider of this type takes the answer, as one that reads its session with one GET.
Result<std::vector<Remote>> read_as(ProviderSettings settings, const std::string& answer, EffectKind kind) {
  FakeServer server([&](const Received&, Wire& wire) { wire.send(answer); });
  settings.base_url = server.url();
  settings.description.start = {"POST", "/sessions", "{}", ""};
  settings.description.status = {"GET", "/sessions/{id}", "", ""};
  settings.description.id = {"/id"};
  return carry_out(*waiting_provider(settings, {}), effect_of(kind, "a", R"({"serverId":1,"accId":"a"})"))
      .remotes;
}

Result<std::vector<Remote>> observed(ProviderType type, const std::string& answer) {
  return read_as(settings_for(type, ""), answer, EffectKind::observe);
}

Result<std::vector<Remote>> started(ProviderType type, const std::string& answer) {
  return read_as(settings_for(type, ""), answer, EffectKind::start);
}

// A session in the shape of every provider, which says `detail` as well.
const std::string with_detail =
    reply(200, R"({"detail":"of no matter","session_id":"a","sessionId":"a","id":"a","status":"active",)"
               R"("data":{"sessionId":"a","id":"a","status":"running"}})");

}  // namespace

TEST_CASE("a 200 with `detail` is a failure at Notte, and a session at every other provider") {
  CHECK(observed(ProviderType{"notte"}, with_detail).error().kind == ErrorKind::malformed);
  CHECK(started(ProviderType{"notte"}, with_detail).error().kind == ErrorKind::maybe_applied);
  for (const ProviderType& type :
       {ProviderType{"videosdk"}, ProviderType{"sonoran_cms"}, ProviderType{"http"}}) {
    CHECK(observed(type, with_detail).value().at(0).id.str() == "a");
    CHECK(started(type, with_detail).value().at(0).id.str() == "a");
  }
}

TEST_CASE("the text of Sonoran's gateway shows that nothing was begun at Sonoran alone") {
  const std::string nothing_served = reply(200, "Backend Service Reached", "", "text/plain");
  CHECK(started(ProviderType{"sonoran_cms"}, nothing_served).error().kind == ErrorKind::denied);
  for (const ProviderType& type : {ProviderType{"notte"}, ProviderType{"videosdk"}, ProviderType{"http"}}) {
    CHECK(started(type, nothing_served).error().kind == ErrorKind::maybe_applied);
  }
}

TEST_CASE("a 529 began nothing at Notte, where it is documented, and may have begun something elsewhere") {
  const std::string overloaded = reply(529, "{}");
  CHECK(started(ProviderType{"notte"}, overloaded).error().kind == ErrorKind::exhausted);
  for (const ProviderType& type :
       {ProviderType{"videosdk"}, ProviderType{"sonoran_cms"}, ProviderType{"http"}}) {
    CHECK(started(type, overloaded).error().kind == ErrorKind::maybe_applied);
  }
}

TEST_CASE("Notte's overloaded cluster is left alone for half a minute at least") {
  const auto wait = [](std::vector<std::pair<std::string, std::string>> headers) {
    HttpResponse response{529, "{}", std::move(headers), {}};
    return notte_odd_answer(response, nullptr, Purpose::start, now).value().retry_after;
  };
  CHECK(wait({}) == Seconds{30});
  CHECK(wait({{"Retry-After", "5"}}) == Seconds{30});
  CHECK(wait({{"Retry-After", "90"}}) == Seconds{90});
  CHECK(wait({{"Retry-After", "7200"}}) == Seconds{3600});
}
