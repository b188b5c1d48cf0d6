// One odd item of a list hides no other, at no provider; and what it may be is not taken for absent.
#include <atomic>

#include "net/fake_server.h"
#include "provider/support.h"
#include "provider/tag.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

const std::string our_session = effect_of(EffectKind::find).session.str();

// How one provider writes the items of a list.
struct Writing {
  ProviderType type;
  std::string id;         // the member
  std::string list;       // the member that holds the list; empty: it is the whole answer
  std::string more;       // members of a session that lives and is not ours
  std::string of_others;  // members of one that is another session's
  std::string over;       // members of one that has ended
};

const std::vector<Writing>& writings() {
  static const std::string tag =
      R"("metadata":{"session_keeper_instance":"instance-1","session_keeper_session":)";
  static const std::string tag_of_others =
      R"("status":"up","tag":")" + start_tag(InstanceId{"instance-1"}, SessionId{std::string(32, 'a')}) +
      "\"";
  static const std::vector<Writing> all{
      {ProviderType{"notte"}, "session_id", "items", R"("status":"active")", "", R"("status":"closed")"},
      {ProviderType{"videosdk"}, "sessionId", "data",
       R"("status":"running",)" + tag + "\"" + our_session + "\"}",
       R"("status":"running",)" + tag + R"("other"})", R"("status":"completed")"},
      {ProviderType{"http"}, "id", "sessions", R"("status":"up")", tag_of_others, R"("status":"down")"},
      {ProviderType{"http"}, "id", "", R"("status":"up")", tag_of_others, R"("status":"down")"}};
  return all;
}

ProviderSettings settings_of(const Writing& writing, const std::string& url) {
  ProviderSettings settings = settings_for(writing.type, url);
  Description& http = settings.description;
  http.start = {"POST", "/sessions", "{}", ""};
  http.status = {"GET", "/sessions/{id}", "", ""};
  http.stop = {"DELETE", "/sessions/{id}", "", ""};
  http.list = {DescribedCall{"GET", "/sessions", "", writing.list.empty() ? "" : "/" + writing.list}};
  http.id = {"/id"};
  http.native_status = {"/status"};
  http.tag = {"/tag"};
  http.states = {{"up", State::active}, {"down", State::closed}};
  return settings;
}

std::string whole_list(const Writing& writing, const std::string& items) {
  const std::string end = writing.list == "items" ? R"(,"has_next":false)" : "";
  return writing.list.empty() ? "[" + items + "]" : "{\"" + writing.list + "\":[" + items + "]" + end + "}";
}

Reply listed_as(const Writing& writing, EffectKind kind, const std::string& answer) {
  std::atomic<int> asked{0};
  FakeServer server([&](const Received&, Wire& wire) {
    // VideoSDK's list ends with a page that shows nothing new.
    wire.send(asked++ == 0 ? answer : reply(200, R"({"data":[]})"));
  });
  return carry_out(*waiting_provider(settings_of(writing, server.url()), {}), effect_of(kind));
}

std::string item(const Writing& writing, const std::string& id, const std::string& more) {
  return "{\"" + writing.id + "\":" + id + "," + more + "}";
}

}  // namespace

TEST_CASE("an odd value in a list is no reason to read none of it") {
  const Writing writing = GENERATE(from_range(writings()));
  const std::string deep = std::string(500, '[') + std::string(500, ']');
  const std::string odd =
      GENERATE_COPY(std::string(R"("\ud800")"), std::string("\"\xff\""), std::string("1e400"),
                    std::string("NaN"), std::string("\"a\x01\""), std::string("007"), deep);
  INFO(writing.type.str() << " " << odd.substr(0, 20));
  const std::string items = item(writing, R"("a")", R"("note":)" + odd + "," + writing.more) + "," +
                            item(writing, R"("b")", writing.more);
  const Reply reply_ = listed_as(writing, EffectKind::list, reply(200, whole_list(writing, items)));
  REQUIRE(reply_.remotes.ok());
  REQUIRE(reply_.remotes->size() == 2);
  CHECK(reply_.remotes->at(0).id.str() == "a");
  CHECK(reply_.remotes->at(1).id.str() == "b");
  CHECK(reply_.whole);
  CHECK(reply_.passed_over == 0);
}

TEST_CASE("an item without a usable id is passed over, and the list proves nothing absent") {
  const Writing writing = GENERATE(from_range(writings()));
  const EffectKind kind = GENERATE(EffectKind::find, EffectKind::list);
  const std::string bad = GENERATE_COPY(
      item(writing, "null", writing.more), item(writing, "\"" + std::string(513, 'a') + "\"", writing.more),
      item(writing, R"("\ud800")", writing.more), item(writing, "{}", writing.more), "{" + writing.more + "}",
      std::string("null"), std::string("7"), std::string("[[]]"));
  INFO(writing.type.str() << " " << bad.substr(0, 60));
  const Reply reply_ = listed_as(
      writing, kind, reply(200, whole_list(writing, bad + "," + item(writing, R"("b")", writing.more))));
  REQUIRE(reply_.remotes.ok());
  REQUIRE(reply_.remotes->size() == 1);
  CHECK(reply_.remotes->front().id.str() == "b");
  CHECK(reply_.passed_over == 1);
  CHECK_FALSE(reply_.whole);
}

TEST_CASE("an item that cannot be what is looked for takes nothing from the proof") {
  const Writing writing = GENERATE(from_range(writings()));
  INFO(writing.type.str());
  const Reply over =
      listed_as(writing, EffectKind::find, reply(200, whole_list(writing, "{" + writing.over + "}")));
  REQUIRE(over.remotes.ok());
  CHECK(over.whole);
  CHECK(over.passed_over == 1);
  if (writing.of_others.empty()) return;
  const std::string of_others = reply(200, whole_list(writing, "{" + writing.of_others + "}"));
  CHECK(listed_as(writing, EffectKind::find, of_others).whole);
  // For the search for orphans it is one that cannot be stopped.
  CHECK_FALSE(listed_as(writing, EffectKind::list, of_others).whole);
}

TEST_CASE("null, a 204 and no member at all are empty lists") {
  const Writing writing = GENERATE(from_range(writings()));
  const std::string member = writing.list.empty() ? "null" : "{\"" + writing.list + "\":null,\"page\":1}";
  const std::string answer =
      GENERATE_COPY(reply(204, ""), reply(200, member), reply(200, writing.list.empty() ? "[]" : "{}"));
  INFO(writing.type.str() << " " << answer);
  const Reply reply_ = listed_as(writing, EffectKind::find, answer);
  REQUIRE(reply_.remotes.ok());
  CHECK(reply_.remotes->empty());
  CHECK(reply_.whole);
}

TEST_CASE("an answer that tells of a failure, or lists something elsewhere, is no empty list") {
  const Writing writing = GENERATE(from_range(writings()));
  const std::string answer =
      GENERATE(R"({"error":"try later"})", R"({"message":"no database"})", R"({"success":false})",
               R"({"ok":false})", R"({"errors":[{"code":1}]})", R"({"results":[{"id":"a"}]})",
               R"({"page":{"entries":[{"id":"a"}]}})", "7", R"("none")", "");
  INFO(writing.type.str() << " " << answer);
  CHECK_FALSE(listed_as(writing, EffectKind::find, reply(200, answer)).remotes.ok());
}

TEST_CASE("Sonoran's row without a usable id is there, and may be ours") {
  const std::string row =
      R"({"success":true,"data":{"id":null,"startedBy":"a","startedAt":"2026-11-20T10:00:00Z")";
  const auto asked = [](EffectKind kind, const std::string& text) {
    FakeServer server([&](const Received&, Wire& wire) { wire.send(reply(200, text)); });
    return carry_out(*waiting_provider(settings_for(ProviderType{"sonoran_cms"}, server.url()), {}),
                     effect_of(kind, "x", R"({"serverId":1,"accId":"a"})"));
  };
  for (const EffectKind kind : {EffectKind::find, EffectKind::list}) {
    const Reply shown = asked(kind, row + "}}");
    REQUIRE(shown.remotes.ok());
    CHECK(shown.remotes->empty());
    CHECK_FALSE(shown.whole);
    CHECK(asked(kind, row + R"(,"endedAt":"2026-11-20T10:05:00Z"}})").whole);
  }
  CHECK(asked(EffectKind::observe, row + "}}").remotes.error().kind == ErrorKind::malformed);
  // A date that was never set is no end.
  const Reply alive =
      asked(EffectKind::observe, R"({"success":true,"data":{"id":"x","endedAt":"0001-01-01T00:00:00"}})");
  CHECK(only(alive).state == State::active);
}

TEST_CASE("VideoSDK's session is not gone from a list of which an item cannot be read") {
  const auto looked_up = [](const std::string& list) {
    FakeServer server([&](const Received& request, Wire& wire) {
      const bool lists = request.target.find("?page=") != std::string::npos;
      wire.send(lists ? reply(200, list) : reply(404, "{}"));
    });
    return waiting_provider(settings_for(ProviderType{"videosdk"}, server.url()), {})
        ->observe(effect_of(EffectKind::observe, "a"))
        .remotes;
  };
  CHECK(looked_up(R"({"data":[{"sessionId":"b"}]})").error().kind == ErrorKind::gone);
  CHECK(looked_up(R"({"data":[{"sessionId":"b"},{"status":"running"}]})").error().kind ==
        ErrorKind::malformed);
  CHECK(looked_up(R"({"data":[{"status":"running"},{"sessionId":"a","status":"running"}]})").ok());
}
