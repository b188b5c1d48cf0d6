// A lost start of a described provider, looked up by an id of ours; and a start that is answered that its
// session is there already.
#include <map>

#include "net/fake_server.h"
#include "provider/support.h"
#include "provider/tag.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

const Effect lost = effect_of(EffectKind::find);
const std::string uuid = start_uuid(lost.instance, lost.session);

Description named() {
  Description http;
  http.start = {"POST", "/boxes", R"({"name":"{session_uuid}"})", ""};
  http.exists = 409;
  http.find = DescribedCall{"GET", "/boxes/{session_uuid}", "", "/box"};
  http.id = {"/id"};
  http.native_status = {"/status"};
  http.tag = {"/tag"};
  http.states = {{"up", State::active}, {"down", State::closed}};
  return http;
}

Reply asked(EffectKind kind, const std::map<std::string, std::string>& by_call) {
  FakeServer server([&](const Received& request, Wire& wire) {
    const auto found = by_call.find(request.method + " " + request.target);
    wire.send(found != by_call.end() ? found->second : reply(404, R"({"error":"no such box"})"));
  });
  ProviderSettings settings = settings_for(ProviderType{"http"}, server.url());
  settings.description = named();
  return waiting_provider(settings)->carry_out(effect_of(kind));
}

const std::string there = reply(200, R"({"box":{"id":"a","status":"up"}})");
const std::string over = reply(200, R"({"box":{"id":"a","status":"down"}})");

}  // namespace

TEST_CASE("what is found by an id of ours is the start's session, and a 404 shows that there is none") {
  const Remote remote = only(asked(EffectKind::find, {{"GET /boxes/" + uuid, there}}));
  CHECK(remote.id.str() == "a");
  CHECK(remote.tag == lost.session);
  CHECK(only(asked(EffectKind::find, {{"GET /boxes/" + uuid, over}})).progress == Progress::ended);
  const Reply none = asked(EffectKind::find, {});
  REQUIRE(none.remotes.ok());
  CHECK(none.remotes->empty());
  CHECK(none.whole);
}

TEST_CASE("what does not answer the question proves no start absent") {
  const std::string others =
      reply(200, R"({"box":{"id":"a","status":"up","tag":")" +
                     start_tag(lost.instance, SessionId{std::string(32, 'a')}) + R"("}})");
  for (const std::string& answer :
       {reply(500, "{}"), reply(401, "{}"), reply(429, "{}"), reply(400, "{}"), reply(204, ""),
        reply(200, "{}"), reply(200, R"({"box":{"status":"up"}})"), others,
        reply(404, "<html>", "", "text/html")}) {
    INFO(answer);
    CHECK_FALSE(asked(EffectKind::find, {{"GET /boxes/" + uuid, answer}}).remotes.ok());
  }
}

TEST_CASE("a start whose session is there already is answered with that session") {
  const std::string conflict = reply(409, R"({"error":"the name is taken"})");
  const Remote remote =
      only(asked(EffectKind::start, {{"POST /boxes", conflict}, {"GET /boxes/" + uuid, there}}));
  CHECK(remote.id.str() == "a");
  CHECK(remote.tag == lost.session);
  // Where it cannot be read, it may be there: it is looked up before anything is started again.
  for (const std::string& answer : {reply(404, "{}"), reply(500, "{}"), reply(200, "{}")}) {
    const Reply reply = asked(EffectKind::start, {{"POST /boxes", conflict}, {"GET /boxes/" + uuid, answer}});
    REQUIRE_FALSE(reply.remotes.ok());
    CHECK(reply.remotes.error().kind == ErrorKind::maybe_applied);
    CHECK(reply.remotes.error().what.find("the name is taken") != std::string::npos);
  }
  // Another refusal is what it is.
  CHECK(asked(EffectKind::start, {{"POST /boxes", reply(422, "{}")}, {"GET /boxes/" + uuid, there}})
            .remotes.error()
            .kind == ErrorKind::denied);
}
