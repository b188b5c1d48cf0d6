#include "provider/sonoran_cms/sonoran_cms.h"

#include "net/fake_server.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

constexpr const char* session_uuid = "7d0c3f4e-1b2a-4c5d-8e9f-0a1b2c3d4e5f";
constexpr const char* account = "c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21";
const std::string own_parameters = R"({"serverId":1,"accId":")" + std::string(account) + "\"}";

std::string row(const std::string& session, const std::string& more = "",
                const std::string& starter = account) {
  return reply(200,
               R"({"success":true,"data":{"id":")" + session +
                   R"(","sysStatus":true,"serverId":1,"startedBy":")" + starter +
                   R"(","startedAt":"2026-11-20T10:00:00.000Z")" + more + "}}",
               "Date: Fri, 20 Nov 2026 10:30:00 GMT\r\n");
}

const std::string none = reply(200, R"({"success":true,"data":null})");

// Answers by method; a GET with the last of `currents` that is left.
struct Community {
  std::vector<std::string> currents;
  std::string changed = row(session_uuid);
  std::atomic<std::size_t> reads{0};

  FakeServer::Script script() {
    return [this](const Received& request, Wire& wire) {
      if (request.method != "GET") {
        wire.send(changed);
      } else {
        wire.send(currents.at(std::min(reads++, currents.size() - 1)));
      }
    };
  }
};

std::unique_ptr<WaitingProvider> sonoran_at(const FakeServer& server) {
  return waiting_provider(settings_for(ProviderType{"sonoran_cms"}, server.url()), {});
}

std::string methods(const FakeServer& server) {
  std::string text;
  for (const Received& request : server.requests()) text += request.method + " ";
  return text;
}

Effect stop_effect() { return effect_of(EffectKind::stop, session_uuid, own_parameters); }

}  // namespace

TEST_CASE("Sonoran's start answers with the row") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(201, golden("sonoran_start_201.json"))); });
  const Remote remote = only(sonoran_at(server)->start(effect_of(EffectKind::start, "", own_parameters)));
  CHECK(remote.id.str() == session_uuid);
  CHECK(remote.state == State::active);
  CHECK(remote.progress == Progress::started);
  CHECK(remote.created_at == wall("2026-11-20T10:00:00Z"));
  const Received sent = server.requests().at(0);
  CHECK(sent.method + " " + sent.target == "POST /v2/community/sessions");
  CHECK(*parse_json(sent.body) == *parse_json(own_parameters));
  CHECK(sent.headers.at("authorization") == "Bearer planted-api-key");
}

TEST_CASE("who else started what a start at Sonoran is answered with is told") {
  const auto [starter, told] = GENERATE(table<std::string, std::string>(
      {{account, ""},
       {"C1F7A3C0-51B1-4A0E-9A51-6B8F5F4F3E21", ""},
       {"00000000-0000-0000-0000-000000000000", "account 00000000-0000-0000-0000-000000000000"}}));
  Community community{{none}, row("other", "", starter)};
  FakeServer server(community.script());
  CHECK(only(sonoran_at(server)->start(effect_of(EffectKind::start, "", own_parameters))).other_starter ==
        told);
}

TEST_CASE("an answer of a start at Sonoran is judged by what it can have done") {
  const auto [answer, kind] = GENERATE(table<std::string, ErrorKind>(
      {{reply(200, "Sonoran CMS: Backend Service Reached", "", "text/plain"), ErrorKind::denied},
       {reply(200, R"({"success":false,"reason":"SESSION_ERROR"})"), ErrorKind::maybe_applied},
       {reply(401, golden("sonoran_problem_401.json")), ErrorKind::denied},
       {reply(400, "SESSION_ERROR", "", "text/plain"), ErrorKind::denied},
       {reply(409, "{}"), ErrorKind::not_applied},
       {reply(429, golden("sonoran_429_gateway.json")), ErrorKind::exhausted},
       {reply(204, ""), ErrorKind::maybe_applied},
       {reply(500, ""), ErrorKind::maybe_applied}}));
  FakeServer server([text = answer](const Received&, Wire& wire) { wire.send(text); });
  const Reply answered = sonoran_at(server)->start(effect_of(EffectKind::start, "", own_parameters));
  REQUIRE_FALSE(answered.remotes.ok());
  INFO(answered.remotes.error().what);
  CHECK(answered.remotes.error().kind == kind);
}

TEST_CASE("Sonoran's current session is ours only by its id") {
  const auto observed = [](const std::string& current) {
    FakeServer server([&](const Received&, Wire& wire) { wire.send(current); });
    const Reply answered =
        sonoran_at(server)->observe(effect_of(EffectKind::observe, session_uuid, own_parameters));
    CHECK(server.requests().at(0).target == "/v2/community/sessions/current?serverId=1");
    return answered.remotes;
  };
  CHECK(observed(row(session_uuid))->front().state == State::active);
  const Remote ended =
      observed(row(session_uuid, R"(,"endedAt":"2026-11-20T11:00:00Z","endedBy":"x")"))->front();
  CHECK(ended.state == State::closed);
  CHECK(ended.reason == Reason::ended_elsewhere);
  CHECK(ended.ended_at == wall("2026-11-20T11:00:00Z"));
  CHECK(observed(row(session_uuid, R"(,"endedAt":null,"cancelledBy":"x")"))->front().native_status ==
        "cancelled");
  CHECK(observed(row("another")).error().kind == ErrorKind::gone);
  CHECK(observed(none).error().kind == ErrorKind::gone);
  CHECK(observed(reply(404, golden("sonoran_problem_401.json"))).error().kind == ErrorKind::gone);
  CHECK(observed(reply(404, "<html>", "", "text/html")).error().kind == ErrorKind::malformed);
  CHECK(observed(reply(200, "Backend Service Reached", "", "text/plain")).error().kind ==
        ErrorKind::malformed);
  CHECK(observed(reply(200, "{}")).error().kind == ErrorKind::malformed);
  CHECK(observed(reply(500, "{}")).error().kind == ErrorKind::not_applied);
}

TEST_CASE("a lost start is found at Sonoran by its account") {
  const auto found = [](const std::string& current) {
    FakeServer server([&](const Received&, Wire& wire) { wire.send(current); });
    return sonoran_at(server)->find(effect_of(EffectKind::find, "", own_parameters)).remotes;
  };
  CHECK(found(row(session_uuid))->size() == 1);
  CHECK(found(row(session_uuid, "", "C1F7A3C0-51B1-4A0E-9A51-6B8F5F4F3E21"))->size() == 1);
  CHECK(found(row(session_uuid, "", "somebody"))->empty());
  CHECK(found(row(session_uuid, R"(,"endedAt":"2026-11-20T11:00:00Z")"))->empty());
  CHECK(found(none)->empty());
  CHECK_FALSE(found(reply(200, "[]")).ok());
  CHECK_FALSE(found(reply(503, "")).ok());
}

TEST_CASE("a stop at Sonoran never touches somebody else's session") {
  const std::string current = GENERATE_COPY(row("another"), none);
  Community community{{current}};
  FakeServer server(community.script());
  const Remote remote = only(sonoran_at(server)->stop(stop_effect()));
  CHECK(remote.progress == Progress::ended);
  CHECK(methods(server) == "GET ");
}

TEST_CASE("a stop at Sonoran that its confirmation does not admit looks at the place and changes nothing") {
  Community community{{row(session_uuid)}};
  FakeServer server(community.script());
  const Mono now = BootClock::now();
  Confirmation over(now, now);
  const Reply answered = sonoran_at(server)->stop(stop_effect(), &over);
  CHECK(methods(server) == "GET ");
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == ErrorKind::not_applied);
}

TEST_CASE("a stop at Sonoran is sent once the id is right, and confirmed where its answer shows no end") {
  SECTION("an end in the answer") {
    Community community{{row(session_uuid)}, row(session_uuid, R"(,"endedAt":"2026-11-20T11:00:00Z")")};
    FakeServer server(community.script());
    CHECK(only(sonoran_at(server)->stop(stop_effect())).progress == Progress::ended);
    CHECK(methods(server) == "GET PATCH ");
  }
  SECTION("the documented answer, which shows none") {
    Community community{{row(session_uuid), none}, row(session_uuid)};
    FakeServer server(community.script());
    const Remote remote = only(sonoran_at(server)->stop(stop_effect()));
    CHECK(remote.progress == Progress::ended);
    CHECK_FALSE(remote.reason);
    CHECK(methods(server) == "GET PATCH GET ");
  }
  SECTION("still there") {
    Community community{{row(session_uuid), row(session_uuid)}, row(session_uuid)};
    FakeServer server(community.script());
    CHECK(only(sonoran_at(server)->stop(stop_effect())).progress == Progress::started);
  }
  SECTION("refused because it had ended") {
    Community community{{row(session_uuid), none}, reply(400, "SESSION_ERROR", "", "text/plain")};
    FakeServer server(community.script());
    CHECK(only(sonoran_at(server)->stop(stop_effect())).progress == Progress::ended);
  }
  SECTION("refused while it runs") {
    Community community{{row(session_uuid)}, reply(400, "SESSION_ERROR", "", "text/plain")};
    FakeServer server(community.script());
    const Reply answered = sonoran_at(server)->stop(stop_effect());
    REQUIRE_FALSE(answered.remotes.ok());
    CHECK(answered.remotes.error().what.find("SESSION_ERROR") != std::string::npos);
  }
  SECTION("a rate limit is passed on") {
    Community community{{reply(429, golden("sonoran_429_gateway.json"), "Retry-After: 3600\r\n")}};
    FakeServer server(community.script());
    const Reply answered = sonoran_at(server)->stop(stop_effect());
    REQUIRE_FALSE(answered.remotes.ok());
    CHECK(answered.remotes.error().retry_after == Seconds{3600});
  }
}
