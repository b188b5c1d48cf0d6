// A described provider's answers: what counts as a heartbeat, an end, a stop, a time and an id.
#include "provider/described/described_reading.h"

#include <map>
#include <thread>

#include "net/fake_server.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

Description boxes() {
  Description http;
  http.start = {"POST", "/boxes", "{}", ""};
  http.status = {"GET", "/boxes/{id}", "", ""};
  http.stop = {"DELETE", "/boxes/{id}", "", ""};
  http.heartbeat = DescribedCall{"POST", "/boxes/{id}/beat", "", ""};
  http.heartbeat_proof = HeartbeatProof::answer;
  http.list = {DescribedCall{"GET", "/boxes", "", "/boxes"}};
  http.id = {"/id"};
  http.native_status = {"/status"};
  http.created_at = {"/created"};
  http.ended_at = {"/ended"};
  http.expires_at = {"/expires"};
  http.maximum = {"/max"};
  http.idle_timeout = {"/idle"};
  http.duration_unit = Seconds{1};
  http.states = {{"up", State::active},
                 {"wait", State::queued},
                 {"down", State::closed},
                 {"late", State::timed_out},
                 {"broken", State::error}};
  return http;
}

const Wall box_time = wall("2026-11-20T10:00:00Z");

Remote box(const std::string& json, const Description& http = boxes()) {
  return described_reading(http, effect_of(EffectKind::observe, "a"), *parse_json(json), box_time);
}

// What is answered to "METHOD /path"; anything else is a 404.
struct Boxes {
  explicit Boxes(std::map<std::string, std::string> by_call, const Description& http = boxes())
      : server([by_call = std::move(by_call)](const Received& request, Wire& wire) {
          const auto found = by_call.find(request.method + " " + request.target);
          wire.send(found != by_call.end() ? found->second : reply(404, "{}"));
        }) {
    ProviderSettings settings = settings_for(ProviderType{"http"}, server.url());
    settings.description = http;
    provider = waiting_provider(settings, {});
  }
  Reply ask(EffectKind kind, const std::string& id = "a") {
    return carry_out(*provider, effect_of(kind, id));
  }

  FakeServer server;
  std::unique_ptr<WaitingProvider> provider;
};

const std::string box_up = reply(200, R"({"id":"a","status":"up"})");
const std::string box_down = reply(200, R"({"id":"a","status":"down"})");

}  // namespace

TEST_CASE("a heartbeat that was not taken is no beat, though the session can be read") {
  const auto [answer, taken] =
      GENERATE(table<std::string, bool>({{reply(200, "{}"), true},
                                         {reply(204, ""), true},
                                         {reply(202, "later"), true},
                                         {reply(302, "", "Location: /x\r\n"), false},
                                         {reply(400, R"({"error":"no beats"})"), false},
                                         {reply(404, "{}"), false},
                                         {reply(405, "{}"), false},
                                         {reply(409, "{}"), false},
                                         {reply(410, "{}"), false},
                                         {reply(422, "{}"), false},
                                         {reply(500, "{}"), false}}));
  INFO(answer);
  Boxes there({{"POST /boxes/a/beat", answer}, {"GET /boxes/a", box_up}});
  const Remote remote = only(there.ask(EffectKind::keep_alive));
  CHECK(remote.state == State::active);
  CHECK(remote.heartbeat_error.empty() == taken);
  if (answer.find("no beats") != std::string::npos)
    CHECK(remote.heartbeat_error.find("400 no beats") != std::string::npos);
}

TEST_CASE("a heartbeat that was taken counts also where the read after it comes to nothing") {
  const std::string unread =
      GENERATE(reply(500, "{}"), reply(502, "<html>", "", "text/html"), reply(200, "{"));
  const std::map<std::string, std::string> calls{{"POST /boxes/a/beat", reply(204, "")},
                                                 {"GET /boxes/a", unread}};
  Boxes there(calls);
  const Remote remote = only(there.ask(EffectKind::keep_alive));
  CHECK(remote.id.str() == "a");
  CHECK(remote.heartbeat_error.empty());
  CHECK_FALSE(there.ask(EffectKind::observe).remotes.ok());
  Boxes behind_page(
      {{"POST /boxes/a/beat", reply(200, "<html>", "", "text/html")}, {"GET /boxes/a", box_up}});
  CHECK(only(behind_page.ask(EffectKind::keep_alive)).heartbeat_error.find("HTML page") != std::string::npos);
  // Where only what is read back proves it, nothing else says that it was kept alive.
  Description told = boxes();
  told.heartbeat_proof = HeartbeatProof::read_back;
  CHECK_FALSE(Boxes(calls, told).ask(EffectKind::keep_alive).remotes.ok());
  for (const int status : {401, 404, 429}) {
    Boxes refusing({{"POST /boxes/a/beat", reply(204, "")}, {"GET /boxes/a", reply(status, "{}")}});
    CHECK_FALSE(refusing.ask(EffectKind::keep_alive).remotes.ok());
  }
}

TEST_CASE("an expires_at that heartbeats move is a deadline, and no maximum") {
  const std::string item = R"({"id":"a","created":"2026-11-20T09:00:00Z","expires":"2026-11-20T10:05:00Z"})";
  Description http = boxes();
  CHECK(box(item, http).maximum == std::chrono::minutes{65});
  CHECK_FALSE(box(item, http).idle_until);
  http.expires_at_moves = true;
  CHECK(box(item, http).idle_until == wall("2026-11-20T10:05:00Z"));
  CHECK_FALSE(box(item, http).maximum);
  CHECK_FALSE(box(item, http).expires_at);
}

TEST_CASE("a heartbeat that extends sends its seconds as a number") {
  Description http = boxes();
  http.extension = Extension{std::chrono::minutes{5}, false};
  http.heartbeat->body = R"({"timeout":"{seconds}"})";
  FakeServer server([](const Received& request, Wire& wire) {
    const bool asked = request.method == "POST" && request.body == R"({"timeout":300})";
    wire.send(request.method == "GET" ? box_up : asked ? reply(204, "") : reply(400, "{}"));
  });
  ProviderSettings settings = settings_for(ProviderType{"http"}, server.url());
  settings.description = http;
  const auto provider = waiting_provider(settings, {});
  CHECK(only(provider->keep_alive(effect_of(EffectKind::keep_alive, "a"))).heartbeat_error.empty());
}

TEST_CASE("a cleanup is done by its own 2xx, and a 404 is as good; anything else is asked for again") {
  Description http = boxes();
  http.cleanup = DescribedCall{"DELETE", "/disks/{id}", "", ""};
  const auto cleaned = [&](const std::string& answer) {
    return Boxes({{"DELETE /disks/a", answer}}, http).ask(EffectKind::cleanup).remotes;
  };
  for (const std::string& good : {reply(200, "{}"), reply(202, "later"), reply(204, "")})
    CHECK(cleaned(good).ok());
  CHECK(cleaned(reply(404, "{}")).error().kind == ErrorKind::gone);
  CHECK(cleaned(reply(409, R"({"error":"busy"})")).error().kind == ErrorKind::malformed);
  CHECK(cleaned(reply(429, "{}")).error().kind == ErrorKind::exhausted);
  CHECK(cleaned(reply(500, "{}")).error().kind == ErrorKind::maybe_applied);
  const auto page =
      cleaned(reply(200, "\r\n<!DOCTYPE html><title>Sign in</title>" + std::string(5'000, ' ')));
  REQUIRE_FALSE(page.ok());
  CHECK(page.error().what.find("an HTML page") != std::string::npos);
}

TEST_CASE("the read after a heartbeat holds its call for a third of the time") {
  Description http = boxes();
  FakeServer server([](const Received& request, Wire& wire) {
    if (request.method == "POST") {
      wire.send(reply(204, ""));
    } else {
      std::this_thread::sleep_for(std::chrono::seconds{3});
    }
  });
  ProviderSettings settings = settings_for(ProviderType{"http"}, server.url());
  settings.request_timeout = Seconds{3};
  settings.description = http;
  const auto begun = std::chrono::steady_clock::now();
  CHECK(only(waiting_provider(settings, {})->keep_alive(effect_of(EffectKind::keep_alive, "a"))).id.str() ==
        "a");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds{2000});
}

TEST_CASE(
    "a heartbeat that asks to wait or denies is an error, and one to a session that ended shows the end") {
  for (const int status : {401, 403, 429}) {
    Boxes there({{"POST /boxes/a/beat", reply(status, "{}")}, {"GET /boxes/a", box_up}});
    CHECK_FALSE(there.ask(EffectKind::keep_alive).remotes.ok());
  }
  Boxes there({{"POST /boxes/a/beat", reply(409, "{}")}, {"GET /boxes/a", box_down}});
  CHECK(only(there.ask(EffectKind::keep_alive)).progress == Progress::ended);
}

TEST_CASE("after a refused stop the session itself says whether it ended") {
  const int status = GENERATE(302, 400, 402, 403, 404, 405, 408, 409, 410, 412, 422, 500, 502, 503, 504);
  const std::string refused = reply(status, R"({"error":"cannot stop"})");
  INFO(status);
  {
    Boxes there({{"DELETE /boxes/a", refused}, {"GET /boxes/a", box_down}});
    const Remote remote = only(there.ask(EffectKind::stop));
    CHECK(remote.progress == Progress::ended);
    CHECK_FALSE(remote.reason);
  }
  {
    Boxes there({{"DELETE /boxes/a", refused}});
    CHECK(there.ask(EffectKind::stop).remotes.error().kind == ErrorKind::gone);
  }
  {
    Boxes there({{"DELETE /boxes/a", refused}, {"GET /boxes/a", box_up}});
    const auto answered = there.ask(EffectKind::stop).remotes;
    REQUIRE_FALSE(answered.ok());
    CHECK(answered.error().kind != ErrorKind::gone);
    CHECK(answered.error().what.find("cannot stop") != std::string::npos);
  }
}

TEST_CASE("a stop that would be refused again, or that asks to wait, is followed by no read") {
  for (const std::string& answer :
       {reply(401, "{}"), reply(429, "{}"), reply(503, "{}", "Retry-After: 9\r\n")}) {
    Boxes there({{"DELETE /boxes/a", answer}, {"GET /boxes/a", box_down}});
    CHECK_FALSE(there.ask(EffectKind::stop).remotes.ok());
    CHECK(there.server.requests().size() == 1);
  }
}

TEST_CASE("an end that has come counts where no known word says more") {
  CHECK(box(R"({"id":"a","status":"archived","ended":"2026-11-20T09:59:00Z"})").state == State::closed);
  CHECK(box(R"({"id":"a","ended":1795168740})").progress == Progress::ended);
  // A word that is known decides, and a time that is to come, or was never set, is no end.
  CHECK(box(R"({"id":"a","status":"up","ended":"2026-11-20T09:59:00Z"})").state == State::active);
  CHECK(box(R"({"id":"a","status":"broken","ended":"2026-11-20T09:59:00Z"})").state == State::error);
  CHECK(box(R"({"id":"a","status":"archived","ended":"2026-11-20T10:30:00Z"})").state == State::queued);
  for (const char* none : {"null", "0", R"("")", R"("0001-01-01T00:00:00Z")"}) {
    CHECK(box(std::string(R"({"id":"a","status":"archived","ended":)") + none + "}").state == State::queued);
  }
  Description wordless = boxes();
  wordless.native_status.clear();
  CHECK(box(R"({"id":"a","ended":"2026-11-20T09:59:00Z"})", wordless).progress == Progress::ended);
  CHECK(box(R"({"id":"a","ended":null})", wordless).state == State::active);
}

TEST_CASE("a timeout is called by the limit that is known") {
  CHECK(box(R"({"id":"a","status":"late","max":60})").reason == Reason::max_duration);
  CHECK(box(R"({"id":"a","status":"late","idle":60})").reason == Reason::idle_timeout);
  CHECK_FALSE(box(R"({"id":"a","status":"late"})").reason);
  CHECK_FALSE(box(R"({"id":"a","status":"late","idle":60,"max":600})").reason);
}

TEST_CASE("times may be counts of seconds or milliseconds") {
  const Remote remote = box(R"({"id":"a","status":"up","created":1795168200,"expires":1795171800000})");
  CHECK(remote.created_at == wall("2026-11-20T09:50:00Z"));
  CHECK(remote.maximum == std::chrono::hours{1});
  CHECK_FALSE(remote.expires_at);
}

TEST_CASE("the time at which a session expires counts without that of its creation") {
  const Remote remote = box(R"({"id":"a","status":"up","expires":"2026-11-20T11:00:00Z"})");
  CHECK(remote.expires_at == wall("2026-11-20T11:00:00Z"));
  CHECK_FALSE(remote.maximum);
}

TEST_CASE("an odd id is named in the path as it is, and kept and stopped by it") {
  const auto [json, id, path] = GENERATE(table<std::string, std::string, std::string>(
      {{R"("a b")", "a b", "/boxes/a%20b"},
       {R"("a/../b?c#d%25")", "a/../b?c#d%25", "/boxes/a%2F..%2Fb%3Fc%23d%2525"},
       {R"("\u00e4\"'")", "\xc3\xa4\"'", "/boxes/%C3%A4%22%27"},
       {"\"" + std::string(512, 'x') + "\"", std::string(512, 'x'), "/boxes/" + std::string(512, 'x')},
       {"18446744073709551616", "18446744073709551616", "/boxes/18446744073709551616"},
       {"123456789012345678901234567890", "123456789012345678901234567890",
        "/boxes/123456789012345678901234567890"},
       {R"("session-7")", "session-7", "/boxes/session-7"},
       {"42", "42", "/boxes/42"}}));
  INFO(json);
  const std::string up = reply(200, R"({"id":)" + json + R"(,"status":"up"})");
  Boxes there({{"POST /boxes", reply(201, R"({"id":)" + json + R"(,"status":"up"})")},
               {"GET /boxes", reply(200, R"({"boxes":[{"id":)" + json + R"(,"status":"up"}]})")},
               {"GET " + path, up},
               {"POST " + path + "/beat", reply(204, "")},
               {"DELETE " + path, reply(204, "")}});
  CHECK(only(there.ask(EffectKind::start, "")).id.str() == id);
  CHECK(only(there.ask(EffectKind::list, "")).id.str() == id);
  CHECK(only(there.ask(EffectKind::observe, id)).state == State::active);
  CHECK(only(there.ask(EffectKind::keep_alive, id)).heartbeat_error.empty());
  CHECK(only(there.ask(EffectKind::stop, id)).id.str() == id);
}

TEST_CASE("a start whose answer has no usable id may have been applied") {
  for (const std::string& id :
       {"\"" + std::string(513, 'x') + "\"", std::string("null"), std::string(R"("..")")}) {
    Boxes there({{"POST /boxes", reply(201, R"({"id":)" + id + "}")}});
    CHECK(there.ask(EffectKind::start, "").remotes.error().kind == ErrorKind::maybe_applied);
  }
}
