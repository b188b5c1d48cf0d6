#include "provider/notte/notte.h"

#include "net/fake_server.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

constexpr const char* id = "3d7f5f8e-2a64-4d0c-9a61-5b6f0c9be7aa";

std::string session(const std::string& status, const std::string& more = "") {
  return R"({"session_id":")" + std::string(id) + R"(","idle_timeout_minutes":3,"max_duration_minutes":15,)" +
         R"("created_at":"2026-11-20T10:00:00Z","last_accessed_at":"2026-11-20T10:00:41.409528",)" + more +
         R"("status":")" + status + R"("})";
}

// Answers each "METHOD /path" with the given text; anything else with a 404.
FakeServer::Script answers(std::map<std::string, std::string> by_call) {
  return [by_call = std::move(by_call)](const Received& request, Wire& wire) {
    const auto found = by_call.find(request.method + " " + request.target);
    wire.send(found != by_call.end() ? found->second : reply(404, R"({"detail":"Session not found"})"));
  };
}

std::unique_ptr<WaitingProvider> notte_at(const FakeServer& server) {
  return waiting_provider(settings_for(ProviderType{"notte"}, server.url()), {});
}

std::string calls_of(const FakeServer& server) {
  std::string calls;
  for (const Received& request : server.requests()) calls += request.method + " " + request.target + "\n";
  return calls;
}

const std::string read_path = std::string("GET /sessions/") + id;
const std::string stop_path = std::string("DELETE /sessions/") + id + "/stop";
const std::string observe_path = std::string("POST /sessions/") + id + "/page/observe";

}  // namespace

TEST_CASE("Notte's answer to a start is mapped field by field") {
  FakeServer server([](const Received&, Wire& wire) {
    wire.send(reply(200, golden("notte_session_active.json"), "Date: Fri, 20 Nov 2026 10:00:42 GMT\r\n"));
  });
  const std::string parameters = R"({"idle_timeout_minutes":3,"max_duration_minutes":15})";
  const Reply answered = notte_at(server)->start(effect_of(EffectKind::start, "", parameters));
  const Remote& remote = only(answered);
  CHECK(remote.id.str() == id);
  CHECK(remote.progress == Progress::started);
  CHECK(remote.state == State::active);
  CHECK_FALSE(remote.reason);
  CHECK(remote.native_status == "active");
  CHECK(remote.created_at == wall("2026-11-20T10:00:00.123Z"));
  CHECK(remote.last_activity_at == wall("2026-11-20T10:00:41.409Z"));
  CHECK(remote.idle_timeout == std::chrono::minutes{3});
  CHECK(remote.maximum == std::chrono::minutes{15});
  CHECK(answered.provider_now == wall("2026-11-20T10:00:42Z"));

  const Received sent = server.requests().at(0);
  CHECK(sent.method + " " + sent.target == "POST /sessions/start");
  CHECK(sent.body == parameters);
  CHECK(sent.headers.at("authorization") == "Bearer planted-api-key");
  CHECK(sent.headers.at("content-type") == "application/json");
  CHECK(sent.headers.at("idempotency-key").size() == 64);
}

TEST_CASE("Notte's words of an end carry their reason") {
  const auto mapped = [](const std::string& text) { return notte_remote(*parse_json(text)).value(); };
  const Remote closed = mapped(session("closed", R"("closed_at":"2026-11-20T10:05:00",)"));
  CHECK(closed.progress == Progress::ended);
  CHECK(closed.state == State::closed);
  CHECK(closed.reason == Reason::ended_elsewhere);
  CHECK(closed.ended_at == wall("2026-11-20T10:05:00Z"));
  const Remote failed = mapped(session("error", R"("error":"browser crashed",)"));
  CHECK(failed.state == State::error);
  CHECK(failed.reason == Reason::provider_failed);
  CHECK(failed.detail == "browser crashed");
  CHECK(mapped(session("timed_out")).reason == Reason::idle_timeout);
  // Which of its limits ended it cannot be told from the answer: the keeper knows its deadlines.
  CHECK_FALSE(mapped(R"({"session_id":"a","status":"timed_out"})").reason);
  CHECK(mapped(R"({"session_id":"a","status":"timed_out","max_duration_minutes":15})").reason ==
        Reason::max_duration);
  const Remote unknown = mapped(session("hibernating", R"("closed_at":"2026-11-20T10:05:00",)"));
  CHECK(unknown.progress == Progress::ended);
  CHECK(unknown.state == State::closed);
  const Remote late =
      mapped(R"({"session_id":"a","idle_timeout_minutes":3,"max_duration_minutes":15,"status":"timed_out",
      "created_at":"2026-11-20T10:00:00Z","last_accessed_at":"2026-11-20T10:14:00Z"})");
  CHECK(late.state == State::timed_out);
  CHECK(late.reason == Reason::max_duration);
  CHECK(mapped(session("hibernating")).progress == Progress::asked);
  CHECK(mapped(session("hibernating")).native_status == "hibernating");
}

TEST_CASE("a start at Notte that cannot be understood may have been applied") {
  const auto [answer, kind] = GENERATE(table<std::string, ErrorKind>(
      {{reply(200, "<html>", "", "text/html"), ErrorKind::maybe_applied},
       {reply(200, "{}"), ErrorKind::maybe_applied},
       {reply(200, R"({"session_id":[7],"status":"active"})"), ErrorKind::maybe_applied},
       {reply(200, R"({"detail":"no browser"})"), ErrorKind::maybe_applied},
       {reply(200, "[" + std::string(500, '[')), ErrorKind::maybe_applied},
       {reply(500, golden("notte_503.json")), ErrorKind::maybe_applied},
       {reply(502, "<html>Bad Gateway</html>", "", "text/html"), ErrorKind::maybe_applied},
       {reply(503, golden("notte_503.json")), ErrorKind::maybe_applied},
       {reply(529, "{}"), ErrorKind::exhausted},
       {reply(200, R"({"detail":"busy","status":529})"), ErrorKind::exhausted},
       {reply(402, "{}"), ErrorKind::exhausted},
       {reply(422, golden("notte_422.json")), ErrorKind::denied},
       {reply(429, golden("notte_429.json")), ErrorKind::exhausted},
       {reply(401, R"({"message":"Authentication failed"})"), ErrorKind::denied}}));
  INFO(answer);
  FakeServer server([text = answer](const Received&, Wire& wire) { wire.send(text); });
  const Reply answered = notte_at(server)->start(effect_of(EffectKind::start));
  REQUIRE_FALSE(answered.remotes.ok());
  CHECK(answered.remotes.error().kind == kind);
  // After a 402 it asks what is used up.
  CHECK(server.requests().size() == (answer.starts_with("HTTP/1.1 402") ? 2 : 1));
}

TEST_CASE("a start that Notte refuses with 402 says whether it waits for the period or for money") {
  const auto [usage, told] = GENERATE(table<std::string, std::string>(
      {{reply(200, R"({"is_usage_limit_exceeded":true,"plan_type":"free","balance_amount":0})"),
        "; GET /usage: the period's allowance of the plan free is used up"},
       {reply(200, R"({"is_usage_limit_exceeded":false,"plan_type":"pro","balance_amount":-0.5})"),
        "; GET /usage: the balance is -0.5"},
       {reply(200, R"({"is_usage_limit_exceeded":false,"balance_amount":12.5})"), ""},
       {reply(200, "[]"), ""},
       {reply(401, "{}"), ""},
       {reply(500, "oops"), ""}}));
  INFO(usage);
  FakeServer server([text = usage](const Received& request, Wire& wire) {
    wire.send(request.target == "/usage" ? text : reply(402, R"({"message":"pay"})"));
  });
  const Reply answered = notte_at(server)->start(effect_of(EffectKind::start));
  REQUIRE_FALSE(answered.remotes.ok());
  const Error& error = answered.remotes.error();
  CHECK(error.kind == ErrorKind::exhausted);
  const std::string before = "(the allowance is used up: raise it at the provider)";
  CHECK(error.what.substr(error.what.find(before) + before.size()) == told);
}

TEST_CASE("a heartbeat at Notte is an operation, and then a read that tells whether it counted") {
  const auto [operation, works] = GENERATE(table<std::string, bool>(
      {{reply(200, R"({"screenshot":")" + std::string(3U << 20U, 'x') + "\"}"), true},
       {reply(500, R"({"message":"No snapshot is available"})"), true},
       {reply(404, R"({"detail":"closed"})"), true},
       {reply(429, "{}", "Retry-After: 9\r\n"), false},
       {reply(401, "{}"), false}}));
  FakeServer server(answers({{observe_path, operation}, {read_path, reply(200, session("active"))}}));
  const Reply answered = notte_at(server)->keep_alive(effect_of(EffectKind::keep_alive, id));
  CHECK(answered.remotes.ok() == works);
  if (works) CHECK(only(answered).last_activity_at == wall("2026-11-20T10:00:41.409Z"));
  // After "wait" or "no" nothing more is asked.
  CHECK(calls_of(server) == observe_path + "\n" + (works ? read_path + "\n" : ""));
  CHECK(server.requests().at(0).body == R"({"perception_type":"fast"})");
}

TEST_CASE("a heartbeat that hangs leaves time for the read") {
  FakeServer server([](const Received& request, Wire& wire) {
    request.method == "GET" ? static_cast<void>(wire.send(reply(200, session("active")))) : wire.hold();
  });
  ProviderSettings settings = settings_for(ProviderType{"notte"}, server.url());
  settings.request_timeout = Millis{600};
  const auto began = std::chrono::steady_clock::now();
  const Reply answered = waiting_provider(settings, {})->keep_alive(effect_of(EffectKind::keep_alive, id));
  CHECK(only(answered).state == State::active);
  CHECK(std::chrono::steady_clock::now() - began < Millis{1100});
}

TEST_CASE("a session that Notte does not know is gone, a page of something else is no verdict") {
  FakeServer server(answers({{"GET /sessions/other", reply(404, "<html>", "", "text/html")}}));
  const auto notte = notte_at(server);
  CHECK(notte->observe(effect_of(EffectKind::observe, id)).remotes.error().kind == ErrorKind::gone);
  CHECK(notte->observe(effect_of(EffectKind::observe, "other")).remotes.error().kind == ErrorKind::malformed);
}

TEST_CASE("a stop at Notte is confirmed by the session itself where its answer is unclear") {
  SECTION("closed") {
    FakeServer server(answers({{stop_path, reply(200, session("closed"))}}));
    const Reply answered = notte_at(server)->stop(effect_of(EffectKind::stop, id));
    CHECK(only(answered).progress == Progress::ended);
    CHECK_FALSE(only(answered).reason);
    CHECK(calls_of(server) == stop_path + "\n");
    CHECK(server.requests().at(0).headers.count("content-length") == 0);
  }
  SECTION("already stopped") {
    FakeServer server(answers({{stop_path, reply(400, R"({"detail":"Session already closed"})")},
                               {read_path, reply(200, session("closed"))}}));
    CHECK(only(notte_at(server)->stop(effect_of(EffectKind::stop, id))).state == State::closed);
  }
  SECTION("unknown") {
    FakeServer server(answers({}));
    CHECK(notte_at(server)->stop(effect_of(EffectKind::stop, id)).remotes.error().kind == ErrorKind::gone);
  }
  SECTION("refused while it runs") {
    FakeServer server(answers(
        {{stop_path, reply(400, R"({"detail":"busy"})")}, {read_path, reply(200, session("active"))}}));
    const Reply answered = notte_at(server)->stop(effect_of(EffectKind::stop, id));
    REQUIRE_FALSE(answered.remotes.ok());
    CHECK(answered.remotes.error().what.find("busy") != std::string::npos);
  }
  SECTION("failed") {
    FakeServer server(answers(
        {{stop_path, reply(503, golden("notte_503.json"))}, {read_path, reply(200, session("active"))}}));
    CHECK(notte_at(server)->stop(effect_of(EffectKind::stop, id)).remotes.error().kind ==
          ErrorKind::maybe_applied);
    CHECK(calls_of(server) == stop_path + "\n" + read_path + "\n");
  }
  SECTION("asked to wait") {
    FakeServer server(answers({{stop_path, reply(429, "{}", "Retry-After: 9\r\n")}}));
    CHECK(notte_at(server)->stop(effect_of(EffectKind::stop, id)).remotes.error().kind ==
          ErrorKind::exhausted);
    CHECK(calls_of(server) == stop_path + "\n");
  }
}

TEST_CASE("a lost start is looked for on every page of Notte's active sessions") {
  const auto page = [](const std::string& items, bool has_next) {
    return reply(200, R"({"items":[)" + items + R"(],"has_next":)" + (has_next ? "true" : "false") + "}");
  };
  const std::string other =
      R"({"session_id":"b","idle_timeout_minutes":9,"status":"active","created_at":"2026-11-20T10:00:01"})";
  const std::string third =
      R"({"session_id":"c","idle_timeout_minutes":3,"max_duration_minutes":15,"status":"active"})";
  const std::string list = "GET /sessions?page=";
  const std::string query = "&page_size=50&only_active=true&only_current_token=true";
  FakeServer server(answers({{list + "1" + query, page(session("active") + "," + other, true)},
                             {list + "2" + query, page(third, false)}}));
  const std::string asked = R"({"idle_timeout_minutes":3,"max_duration_minutes":15})";
  const Reply found = notte_at(server)->find(effect_of(EffectKind::find, "", asked));
  REQUIRE(found.remotes.ok());
  REQUIRE(found.remotes->size() == 2);
  CHECK(found.remotes->at(0).id.str() == id);
  CHECK(found.remotes->at(1).id.str() == "c");
}

TEST_CASE("the documented list of Notte is read, its closed sessions left out") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(200, golden("notte_list_200.json"))); });
  const Reply found = notte_at(server)->find(effect_of(EffectKind::find));
  REQUIRE(found.remotes.ok());
  REQUIRE(found.remotes->size() == 1);
  CHECK(found.remotes->front().id.str() == id);
}

TEST_CASE("a list that is no list proves nothing absent") {
  const std::string answer =
      GENERATE(reply(200, R"({"sessions":[{"session_id":"a"}]})"), reply(500, "{}"),
               reply(200, R"({"items":[)"), reply(200, R"({"items":{"session_id":"a"}})"));
  FakeServer server([&](const Received&, Wire& wire) { wire.send(answer); });
  CHECK_FALSE(notte_at(server)->find(effect_of(EffectKind::find)).remotes.ok());
}

TEST_CASE("the legacy dialect starts, touches and closes, and cannot look anything up") {
  const std::string touched = R"({"session":{"session_id":"e6","status":"active","timeout_minutes":5,
      "last_accessed_at":"2026-11-20T10:01:00"}})";
  FakeServer server(answers({{"POST /session/start", reply(200, golden("legacy_start_200.json"))},
                             {"POST /env/observe", reply(200, touched)},
                             {"POST /session/close", reply(200, R"({"session_id":"e6","error":null})")}}));
  ProviderSettings settings = settings_for(ProviderType{"notte"}, server.url());
  settings.dialect = NotteDialect::legacy;
  const auto legacy = waiting_provider(settings, {});
  const std::string parameters = R"({"session_timeout_minutes":5,"keep_alive":false})";
  const Remote started = only(legacy->start(effect_of(EffectKind::start, "", parameters)));
  CHECK(started.state == State::active);
  CHECK(started.idle_timeout == std::chrono::minutes{5});
  CHECK(started.created_at == wall("2026-11-20T10:00:00.204Z"));
  const Remote kept = only(legacy->keep_alive(effect_of(EffectKind::keep_alive, "e6", parameters)));
  CHECK(kept.last_activity_at == wall("2026-11-20T10:01:00Z"));
  CHECK(*parse_json(server.requests().at(1).body) ==
        *parse_json(R"({"session_id":"e6","session_timeout_minutes":5,"keep_alive":true})"));
  CHECK(only(legacy->stop(effect_of(EffectKind::stop, "e6", parameters))).progress == Progress::ended);
  CHECK_FALSE(legacy->find(effect_of(EffectKind::find, "", parameters)).remotes.ok());
  // An operation on a session that is gone made a new one: it is closed again.
  CHECK(legacy->observe(effect_of(EffectKind::observe, "gone", parameters)).remotes.error().kind ==
        ErrorKind::gone);
  CHECK(server.requests().back().target == "/session/close");
  CHECK(parse_json(server.requests().back().body)->at("session_id") == "e6");
}

TEST_CASE("the documented minimum of a legacy start is enough") {
  FakeServer server(answers({{"POST /session/start", reply(200, R"({"session_id":"m","error":null})")}}));
  ProviderSettings settings = settings_for(ProviderType{"notte"}, server.url());
  settings.dialect = NotteDialect::legacy;
  CHECK(only(waiting_provider(settings, {})->start(effect_of(EffectKind::start))).state == State::active);
}

TEST_CASE("a legacy answer that is cut short does not say that the session is closed") {
  FakeServer server([](const Received&, Wire& wire) {
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{");
    wire.close();
  });
  ProviderSettings settings = settings_for(ProviderType{"notte"}, server.url());
  settings.dialect = NotteDialect::legacy;
  const auto legacy = waiting_provider(settings, {});
  for (const Reply& reply : {legacy->keep_alive(effect_of(EffectKind::keep_alive, "e6")),
                             legacy->stop(effect_of(EffectKind::stop, "e6"))}) {
    REQUIRE_FALSE(reply.remotes.ok());
    CHECK(reply.remotes.error().kind == ErrorKind::malformed);
  }
}
