#include "provider/videosdk/videosdk.h"

#include <openssl/hmac.h>

#include <array>
#include <ctime>

#include "net/encoding.h"
#include "net/fake_server.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

constexpr const char* sessions = "/ai/v1/ai-deployment-sessions";

ProviderContext context_with_webhook() {
  ProviderContext context;
  context.webhook_public_url = "https://hooks.example.org";
  context.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "PLANTED") return "planted-environment-secret";
    return std::nullopt;
  };
  return context;
}

std::unique_ptr<WaitingProvider> videosdk_at(const FakeServer& server) {
  return waiting_provider(settings_for(ProviderType{"videosdk"}, server.url()), context_with_webhook());
}

std::string details(const std::string& id, const std::string& status) {
  return reply(200, R"({"sessionId":")" + id + R"(","status":")" + status + R"("})");
}

std::string listed(const std::string& id, const std::string& instance, const std::string& session) {
  return R"({"sessionId":")" + id + R"(","status":"running","metadata":{"session_keeper_instance":")" +
         instance + R"(","session_keeper_session":")" + session + R"("}})";
}

std::string page(const std::vector<std::string>& items, const std::string& info = "{}") {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return reply(200, R"({"data":[)" + text + R"(],"pageInfo":)" + info + "}");
}

int page_number(const Received& request) {
  const std::size_t at = request.target.find("?page=");
  return at == std::string::npos ? 0 : std::stoi(request.target.substr(at + 6));
}

const std::string ours = effect_of(EffectKind::find).session.str();

}  // namespace

TEST_CASE("VideoSDK's tokens are signed, kept and renewed in time") {
  AccessToken token(settings_for(ProviderType{"videosdk"}, "http://127.0.0.1:1"));
  const Wall now = wall("2026-11-20T10:00:00Z");
  const std::string text = token.at(now);
  const std::size_t first = text.find('.');
  const std::size_t second = text.find('.', first + 1);
  const std::string signing = text.substr(0, second);
  unsigned char mac[32];
  unsigned length = 0;
  const std::string secret = "planted-signing-secret";
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signing.data()), signing.size(), mac, &length);
  CHECK(decode_base64(text.substr(second + 1)) == std::string(reinterpret_cast<char*>(mac), length));
  CHECK(*parse_json(*decode_base64(text.substr(0, first))) == *parse_json(R"({"alg":"HS256","typ":"JWT"})"));
  const Json claims = *parse_json(*decode_base64(text.substr(first + 1, second - first - 1)));
  CHECK(claims.at("apikey") == "planted-api-key");
  CHECK(claims.at("version") == 2);
  CHECK(claims.at("roles") == Json::array({"crawler"}));
  CHECK(claims.at("permissions") == Json::array({"allow_join", "allow_mod"}));
  const auto lifetime = claims.at("exp").get<std::int64_t>() - claims.at("iat").get<std::int64_t>();
  CHECK(token.at(now + Seconds{lifetime - 61}) == text);
  CHECK(token.at(now + Seconds{lifetime - 60}) != text);
  CHECK(token.at(now - Seconds{1}) != text);
}

TEST_CASE("a start at VideoSDK carries the keeper's tag, the webhook and the environment") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(200, golden("videosdk_start_200.json"))); });
  const std::string parameters = R"({"deploymentId":"d1","tag":"v1.0","env":{"A":"${PLANTED}-x","B":"de"},
      "metaData":{"desk":"front"}})";
  const Remote remote = only(videosdk_at(server)->start(effect_of(EffectKind::start, "", parameters)));
  CHECK(remote.id.str() == "8f2c1c52-3a4e-4d92-9a50-6a0e0f6b8c11");
  CHECK(remote.state == State::queued);
  CHECK(remote.progress == Progress::asked);
  CHECK(remote.tag == effect_of(EffectKind::start).session);
  CHECK(remote.created_at == wall("2026-11-20T10:00:00.644Z"));

  const Received sent = server.requests().at(0);
  CHECK(sent.target == std::string(sessions) + "/start");
  CHECK(sent.headers.at("authorization").rfind("ey", 0) == 0);
  const Json body = *parse_json(sent.body);
  CHECK(body.at("deploymentId") == "d1");
  CHECK(body.at("env").at("A") == "planted-environment-secret-x");
  CHECK(body.at("env").at("B") == "de");
  CHECK(body.at("metaData").at("desk") == "front");
  CHECK(body.at("metaData").at("session_keeper_instance") == "instance-1");
  CHECK(body.at("metaData").at("session_keeper_session") == ours);
  CHECK(body.at("webhook").at("endPoint") == "https://hooks.example.org/hooks/under-test");
  CHECK(body.at("webhook").at("events").size() == 5);
  CHECK(body.at("webhook").at("events").at(0) == "ai-deployment-session-starting");
}

std::string imf_date(Wall time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

// The claims of the token that a request carried.
Json claims_of(const Received& request) {
  const std::string token = request.headers.at("authorization");
  const std::size_t first = token.find('.') + 1;
  return *parse_json(*decode_base64(token.substr(first, token.find('.', first) - first)));
}

TEST_CASE("the token of a start that only the leader may send ends with the lease, no other one does") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(200, golden("videosdk_start_200.json"))); });
  const auto provider = videosdk_at(server);
  const Mono now = BootClock::now();
  Confirmation confirmation(now, now + Seconds{8});
  const std::int64_t before = std::chrono::floor<Seconds>(wall_now()).time_since_epoch().count();
  const auto left = [&](std::size_t request) {
    return claims_of(server.requests().at(request)).at("exp").get<std::int64_t>() - before;
  };
  REQUIRE(provider->start(effect_of(EffectKind::start), &confirmation).remotes.ok());
  CHECK(left(0) >= 8);
  CHECK(left(0) <= 10);
  REQUIRE(provider->start(effect_of(EffectKind::start)).remotes.ok());
  CHECK(left(1) >= 3600);
  REQUIRE_FALSE(provider->find(effect_of(EffectKind::find)).remotes.ok());
  CHECK(left(2) >= 3600);
}

TEST_CASE("a start whose token had ended before it came may be sent again; else a 401 is for good") {
  const bool had_ended = GENERATE(true, false);
  FakeServer server([&](const Received& request, Wire& wire) {
    const Seconds ends{claims_of(request).at("exp").get<std::int64_t>()};
    const Wall now = Wall{ends} + (had_ended ? Seconds{0} : -Seconds{5});
    wire.send(reply(401, "{}", "Date: " + imf_date(now) + "\r\n"));
  });
  const Mono now = BootClock::now();
  Confirmation confirmation(now, now + Seconds{8});
  const Reply answered = videosdk_at(server)->start(effect_of(EffectKind::start), &confirmation);
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == (had_ended ? ErrorKind::not_applied : ErrorKind::denied));
}

TEST_CASE("without a listener no webhook is asked for") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(200, golden("videosdk_start_200.json"))); });
  const auto provider = waiting_provider(settings_for(ProviderType{"videosdk"}, server.url()), {});
  REQUIRE(provider->start(effect_of(EffectKind::start)).remotes.ok());
  CHECK_FALSE(parse_json(server.requests().at(0).body)->contains("webhook"));
}

TEST_CASE("a missing environment variable is named, and nothing is started") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  const Reply answered =
      videosdk_at(server)->start(effect_of(EffectKind::start, "", R"({"env":{"A":"${NOT_THERE}"}})"));
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == ErrorKind::denied);
  CHECK(answered.remotes.error().what.find("NOT_THERE") != std::string::npos);
  CHECK(server.requests().empty());
}

TEST_CASE("VideoSDK's words are mapped without regard to case, unknown ones move nothing") {
  struct Row {
    const char* word;
    Progress progress;
    State state;
    std::optional<Reason> reason;
  };
  const Row row = GENERATE(Row{"queued", Progress::asked, State::queued, {}},
                           Row{"Starting", Progress::starting, State::queued, {}},
                           Row{"RUNNING", Progress::started, State::active, {}},
                           Row{"started", Progress::started, State::active, {}},
                           Row{"stopping", Progress::stopping, State::active, {}},
                           Row{"completed", Progress::ended, State::closed, Reason::ended_by_provider},
                           Row{"Stopped", Progress::ended, State::closed, Reason::ended_by_provider},
                           Row{"failed", Progress::ended, State::error, Reason::provider_failed},
                           Row{"paused", Progress::asked, State::queued, {}});
  const Remote remote = videosdk_remote(Json{{"sessionId", "session-a"}, {"status", row.word}}).value();
  CHECK(remote.id.str() == "a");
  CHECK(remote.progress == row.progress);
  CHECK(remote.state == row.state);
  CHECK(remote.reason == row.reason);
  CHECK(remote.native_status == row.word);
}

TEST_CASE("VideoSDK's bare details and wrapped end are both read") {
  FakeServer server([](const Received& request, Wire& wire) {
    wire.send(
        reply(200, golden(request.method == "GET" ? "videosdk_details_200.json" : "videosdk_end_200.json")));
  });
  const auto provider = videosdk_at(server);
  const Remote seen =
      only(provider->observe(effect_of(EffectKind::observe, "c4d9e0b7-58a1-4f63-b2c8-1e7f3a905d26")));
  CHECK(seen.state == State::closed);
  CHECK(seen.ended_at == wall("2026-11-20T09:16:03.575Z"));
  const Remote ended =
      only(provider->stop(effect_of(EffectKind::stop, "8f2c1c52-3a4e-4d92-9a50-6a0e0f6b8c11")));
  CHECK(ended.progress == Progress::ended);
  CHECK_FALSE(ended.reason);
  CHECK(server.requests().back().body == R"({"sessionId":"8f2c1c52-3a4e-4d92-9a50-6a0e0f6b8c11"})");
}

TEST_CASE("a 404 or 402 of VideoSDK is gone only if the list agrees") {
  const int status = GENERATE(404, 402);
  const bool is_listed = GENERATE(true, false);
  FakeServer server([&](const Received& request, Wire& wire) {
    if (page_number(request) == 0) {
      wire.send(reply(status, R"({"message":"not found"})"));
    } else {
      wire.send(is_listed ? page({R"({"sessionId":"a","status":"running"})"}) : page({}));
    }
  });
  const auto provider = videosdk_at(server);
  const Reply seen = provider->observe(effect_of(EffectKind::observe, "a"));
  const Reply stopped = provider->stop(effect_of(EffectKind::stop, "a"));
  if (is_listed) {
    CHECK(only(seen).state == State::active);
    CHECK_FALSE(stopped.remotes.ok());
    CHECK(stopped.remotes.error().kind != ErrorKind::gone);
  } else {
    CHECK(seen.remotes.error().kind == ErrorKind::gone);
    CHECK(stopped.remotes.error().kind == ErrorKind::gone);
  }
}

TEST_CASE("the second end of a VideoSDK session is as good as the first") {
  FakeServer server([](const Received& request, Wire& wire) {
    wire.send(request.method == "POST" ? reply(400, R"({"message":"already ended"})")
                                       : details("a", "completed"));
  });
  CHECK(only(videosdk_at(server)->stop(effect_of(EffectKind::stop, "a"))).progress == Progress::ended);
}

TEST_CASE("our start is found in the list by its tag, strangers' sessions are not") {
  FakeServer server([](const Received& request, Wire& wire) {
    if (page_number(request) == 1) {
      wire.send(page({listed("s", "somebody-else", ours), listed("o", "instance-1", "another-session"),
                      R"({"sessionId":"n","status":"running"})"},
                     R"({"perPage":3,"totalItems":4})"));
    } else {
      wire.send(page({listed("x", "instance-1", ours)}, R"({"perPage":3,"totalItems":4})"));
    }
  });
  const Reply found = videosdk_at(server)->find(effect_of(EffectKind::find));
  REQUIRE(found.remotes.ok());
  REQUIRE(found.remotes->size() == 2);
  CHECK(found.remotes->at(0).tag == SessionId{"another-session"});
  CHECK(found.remotes->at(1).id.str() == "x");
  CHECK(found.remotes->at(1).tag == SessionId{ours});
}

TEST_CASE("the list is read to its end before a start counts as absent") {
  std::atomic<int> pages{0};
  const int capped = 10;  // the server gives fewer than were asked for
  FakeServer server([&](const Received& request, Wire& wire) {
    ++pages;
    std::vector<std::string> items;
    const int number = page_number(request);
    for (int i = 0; i < (number < 4 ? capped : 5); ++i) {
      items.push_back(R"({"sessionId":")" + std::to_string(number * 100 + i) + R"(","status":"completed"})");
    }
    wire.send(
        page(items, R"({"currentPage":)" + std::to_string(number) + R"(,"perPage":10,"totalItems":35})"));
  });
  const Reply found = videosdk_at(server)->find(effect_of(EffectKind::find));
  REQUIRE(found.remotes.ok());
  CHECK(found.remotes->empty());
  CHECK(pages == 4);
}

TEST_CASE("a list that repeats itself or breaks off is not read for ever") {
  SECTION("the same page again") {
    FakeServer server([](const Received&, Wire& wire) {
      wire.send(page({R"({"sessionId":"a","status":"completed"})"}, R"({"perPage":1,"totalItems":113})"));
    });
    CHECK(videosdk_at(server)->find(effect_of(EffectKind::find)).remotes.ok());
    CHECK(server.requests().size() == 2);
  }
  SECTION("an error in between") {
    FakeServer server([](const Received& request, Wire& wire) {
      wire.send(page_number(request) == 1 ? page({R"({"sessionId":"a"})"}, R"({"perPage":1,"totalItems":9})")
                                          : reply(500, "{}"));
    });
    CHECK_FALSE(videosdk_at(server)->find(effect_of(EffectKind::find)).remotes.ok());
  }
}

TEST_CASE("the documented list is read though its total and its page disagree") {
  FakeServer server([](const Received& request, Wire& wire) {
    wire.send(page_number(request) == 1 ? reply(200, golden("videosdk_list_200.json")) : page({}));
  });
  const Reply found = videosdk_at(server)->find(effect_of(EffectKind::find));
  REQUIRE(found.remotes.ok());
  CHECK(found.remotes->empty());
}

TEST_CASE("a token that was refused is not used again") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(401, R"({"message":"Token expired"})")); });
  const auto provider = videosdk_at(server);
  CHECK(provider->observe(effect_of(EffectKind::observe, "a")).remotes.error().kind == ErrorKind::denied);
  std::this_thread::sleep_for(std::chrono::milliseconds{1100});
  CHECK(provider->observe(effect_of(EffectKind::observe, "a")).remotes.error().kind == ErrorKind::denied);
  const auto requests = server.requests();
  CHECK(requests.at(0).headers.at("authorization") != requests.at(1).headers.at("authorization"));
}
