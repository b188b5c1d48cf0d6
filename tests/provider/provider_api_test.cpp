#include "provider/provider_api.h"

#include <unistd.h>

#include "net/certificates.h"
#include "net/fake_server.h"
#include "provider/provider_table.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

// All but the one that the configuration describes, which has a base URL of nobody's.
std::vector<ProviderType> native_types() {
  std::vector<ProviderType> types;
  for (const ProviderRow& row : provider_table()) {
    if (!row.kind.base_url.empty()) types.emplace_back(std::string(row.kind.type));
  }
  return types;
}

ProviderContext with_environment() {
  ProviderContext context;
  context.environment = [](const std::string&) {
    return std::optional<std::string>("planted-environment-secret");
  };
  return context;
}

const std::string parameters = R"({"serverId":1,"accId":"a","env":{"X":"${X}"}})";

}  // namespace

TEST_CASE("no credential that a provider sends back reaches an error or a row") {
  const ProviderType type = GENERATE(from_range(native_types()));
  const EffectKind kind = GENERATE(EffectKind::start, EffectKind::find, EffectKind::observe,
                                   EffectKind::keep_alive, EffectKind::stop);
  const int status = GENERATE(200, 400, 401, 429, 500);
  FakeServer server([status](const Received& request, Wire& wire) {
    const std::string echo = request.headers.at("authorization") + " " + request.body;
    const Json body{{"message", echo},
                    {"detail", echo},
                    {"session_id", "a"},
                    {"sessionId", "a"},
                    {"status", echo},
                    {"error", echo},
                    {"data", {{"sessionId", "a"}, {"id", "a"}, {"status", echo}}}};
    wire.send(reply(status, json_text(body)));
  });
  const auto provider = waiting_provider(settings_for(type, server.url()), with_environment());
  const Reply answered = carry_out(*provider, effect_of(kind, "a", parameters));
  std::string seen;
  if (answered.remotes.ok()) {
    for (const Remote& remote : *answered.remotes)
      seen += remote.native_status + remote.detail + remote.id.str();
  } else {
    seen = answered.remotes.error().what;
  }
  INFO(seen);
  CHECK(seen.find("planted") == std::string::npos);
  for (const Received& request : server.requests()) {
    const std::string& sent = request.headers.at("authorization");
    CHECK(seen.find(sent.substr(sent.find(' ') + 1)) == std::string::npos);
  }
}

TEST_CASE("foreign text is printable and short") {
  const ProviderApi api(settings_for(ProviderType{"notte"}, "http://127.0.0.1:1"),
                        [] { return std::string(); });
  const Visit visit = api.begin();
  CHECK(api.harmless(visit, "a\r\n\x1b[31m") == "a\\x0d\\x0a\\x1b[31m");
  CHECK(api.harmless(visit, std::string(10'000, 'x')).size() < 400);
}

TEST_CASE("a 307 or 308 to the same origin is followed once, with method, body and credentials") {
  const int status = GENERATE(307, 308);
  const bool absolute = GENERATE(true, false);
  FakeServer* self = nullptr;
  FakeServer server([&](const Received& request, Wire& wire) {
    if (request.target == "/sessions/start") {
      const std::string place = (absolute ? self->url() : "") + "/redir/sessions/start";
      wire.send(reply(status, "", "Location: " + place + "\r\n"));
    } else {
      wire.send(reply(200, golden("notte_session_active.json")));
    }
  });
  self = &server;
  const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, server.url()), {});
  REQUIRE(provider->start(effect_of(EffectKind::start, "", R"({"headless":true})")).remotes.ok());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[1].method == "POST");
  CHECK(requests[1].target == "/redir/sessions/start");
  CHECK(requests[1].body == requests[0].body);
  CHECK(requests[1].headers.at("authorization") == "Bearer planted-api-key");
}

TEST_CASE("no other redirect is followed") {
  FakeServer elsewhere(
      [](const Received&, Wire& wire) { wire.send(reply(200, golden("notte_session_active.json"))); });
  const std::string other_host = "http://localhost:" + std::to_string(elsewhere.port()) + "/sessions/start";
  const auto [status, location] = GENERATE_REF(table<int, std::string>({{307, elsewhere.url() + "/x"},
                                                                        {308, other_host},
                                                                        {307, "//127.0.0.1/x"},
                                                                        {301, "/y"},
                                                                        {302, "/y"},
                                                                        {303, "/y"},
                                                                        {307, ""},
                                                                        {307, "https://127.0.0.1/x"},
                                                                        {307, "ftp://x/"},
                                                                        {307, "/again"}}));
  INFO(status << " " << location);
  FakeServer server([code = status, to = location](const Received&, Wire& wire) {
    wire.send(reply(code, "", "Location: " + to + "\r\n"));
  });
  const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, server.url()), {});
  const Reply answered = provider->start(effect_of(EffectKind::start));
  REQUIRE_FALSE(answered.remotes.ok());
  // The start may have been acted on, as with a 303 that names what was made.
  CHECK(answered.remotes.error().kind == ErrorKind::maybe_applied);
  CHECK(elsewhere.requests().empty());
  CHECK(server.requests().size() <= 2);
}

TEST_CASE("a redirect from TLS to plain HTTP is not followed") {
  FakeServer plain([](const Received&, Wire& wire) { wire.send(reply(200, "{}")); });
  const Certificate authority = make_certificate({.common_name = "test authority", .is_authority = true});
  const auto context =
      server_context(make_certificate({.common_name = "x", .names = "DNS:localhost"}, &authority));
  FakeServer::Options options;
  options.tls = context.get();
  const std::string location = "http://localhost:" + std::to_string(plain.port()) + "/sessions/start";
  FakeServer server(
      [&](const Received&, Wire& wire) { wire.send(reply(307, "", "Location: " + location + "\r\n")); },
      options);
  ProviderSettings settings =
      settings_for(ProviderType{"notte"}, "https://localhost:" + std::to_string(server.port()));
  settings.ca_file = "/tmp/keeper-test-redirect-" + std::to_string(::getpid()) + ".pem";
  write_pem(authority, settings.ca_file);
  const Reply answered = waiting_provider(settings, {})->start(effect_of(EffectKind::start));
  ::unlink(settings.ca_file.c_str());
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == ErrorKind::maybe_applied);
  CHECK(server.requests().size() == 1);
  CHECK(plain.connections() == 0);
}

TEST_CASE("a start that was redirected and got no further may have been carried out") {
  FakeServer server([](const Received&, Wire& wire) {
    wire.send("HTTP/1.1 307 Said\r\nLocation: /again\r\nContent-Length: 9\r\n\r\n");
    wire.hold();
  });
  ProviderSettings settings = settings_for(ProviderType{"notte"}, server.url());
  settings.request_timeout = Millis{300};
  const Reply answered = waiting_provider(settings, {})->start(effect_of(EffectKind::start));
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == ErrorKind::maybe_applied);
}

TEST_CASE("a Location is followed as it was written") {
  FakeServer server([&](const Received& request, Wire& wire) {
    if (request.target == "/sessions/start") {
      wire.send(reply(307, "", "Location: /eu%2Fwest/sessions/start?a=%41\r\n"));
    } else {
      wire.send(reply(200, golden("notte_session_active.json")));
    }
  });
  const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, server.url()), {});
  REQUIRE(provider->start(effect_of(EffectKind::start)).remotes.ok());
  CHECK(server.requests().at(1).target == "/eu%2Fwest/sessions/start?a=%41");
}

TEST_CASE("every call of an effect shares one deadline") {
  const ProviderType type = GENERATE(from_range(native_types()));
  const EffectKind kind = GENERATE(EffectKind::start, EffectKind::find, EffectKind::observe,
                                   EffectKind::keep_alive, EffectKind::stop);
  FakeServer server([](const Received&, Wire& wire) {
    wire.drip("HTTP/1.1 200 OK\r\nX: " + std::string(900, 'x'), Millis{10});
  });
  ProviderSettings settings = settings_for(type, server.url());
  settings.request_timeout = Millis{300};
  const auto provider = waiting_provider(settings, with_environment());
  const auto began = std::chrono::steady_clock::now();
  const Reply answered = carry_out(*provider, effect_of(kind, "a", parameters));
  CHECK(std::chrono::steady_clock::now() - began < Millis{550});
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind ==
        (kind == EffectKind::start ? ErrorKind::maybe_applied : answered.remotes.error().kind));
}

TEST_CASE("a read or a heartbeat ends by the time that its session needs its answer by") {
  const ProviderType type = GENERATE(from_range(native_types()));
  const EffectKind kind = GENERATE(EffectKind::observe, EffectKind::keep_alive);
  FakeServer server([](const Received&, Wire& wire) {
    wire.drip("HTTP/1.1 200 OK\r\nX: " + std::string(900, 'x'), Millis{10});
  });
  ProviderSettings settings = settings_for(type, server.url());
  settings.request_timeout = Seconds{20};
  const auto provider = waiting_provider(settings, with_environment());
  Effect effect = effect_of(kind, "a", parameters);
  effect.answer_by = BootClock::now() + Millis{500};
  const auto began = std::chrono::steady_clock::now();
  CHECK_FALSE(carry_out(*provider, effect).remotes.ok());
  CHECK(std::chrono::steady_clock::now() - began < Seconds{4});
}

TEST_CASE("an unusable base_url is an error of the call that says so") {
  const std::string url = GENERATE("not a url", "http://api.example.org", "");
  const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, url), {});
  const Reply answered = provider->observe(effect_of(EffectKind::observe, "a"));
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == ErrorKind::denied);
  CHECK(answered.remotes.error().what.find("base_url") != std::string::npos);
}

TEST_CASE("a check tells whether the credentials are accepted") {
  const ProviderType type = GENERATE(from_range(native_types()));
  const auto [answer, works] =
      GENERATE(table<std::string, bool>({{reply(200, R"({"data":[],"items":[]})"), true},
                                         {reply(404, "{}"), true},
                                         {reply(401, "{}"), false},
                                         {reply(403, "{}"), false},
                                         {reply(500, "{}"), false},
                                         {reply(200, "<html>"), false}}));
  FakeServer server([text = answer](const Received&, Wire& wire) { wire.send(text); });
  CHECK(waiting_provider(settings_for(type, server.url()), {})->check().ok() == works);
  CHECK(server.requests().at(0).method == "GET");
}

TEST_CASE("an id cannot leave its place in the path") {
  FakeServer server([](const Received&, Wire& wire) { wire.send(reply(404, "{}")); });
  const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, server.url() + "/base"), {});
  static_cast<void>(provider->observe(effect_of(EffectKind::observe, "../x?y#z")));
  CHECK(server.requests().at(0).target == "/base/sessions/..%2Fx%3Fy%23z");
}

TEST_CASE("several threads may use one provider") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(200, golden("notte_session_active.json"))); });
  const auto provider = waiting_provider(settings_for(ProviderType{"notte"}, server.url()), {});
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        const Reply answered =
            provider->observe(effect_of(EffectKind::observe, "3d7f5f8e-2a64-4d0c-9a61-5b6f0c9be7aa"));
        good += answered.remotes.ok() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 80);
  CHECK(server.connections() <= 16);
}
