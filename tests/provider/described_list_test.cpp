// How a described list goes on after a page, in all forms, and when it is shown to have ended. The first
// session of a lost start may be on the last page: what is not read to its end proves nothing absent.
#include <map>

#include "net/fake_server.h"
#include "provider/listing.h"
#include "provider/support.h"
#include "provider/tag.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using Form = NextPage::Form;

struct Pages {
  std::string name;
  NextPage next;
  std::string path;
  std::map<std::string, std::string> by_target;
};

std::string items_of(const std::string& ids, const std::string& more = "") {
  std::string list;
  for (const char id : ids)
    list += (list.empty() ? "{\"id\":\"" : ",{\"id\":\"") + std::string(1, id) + "\"}";
  return "{\"items\":[" + list + "]" + more + "}";
}

std::string page_of(const std::string& ids, const std::string& more = "") {
  return reply(200, items_of(ids, more));
}

std::string page_headed(const std::string& ids, const std::string& header) {
  return reply(200, items_of(ids), header + "\r\n");
}

ProviderSettings listing_settings(const std::vector<DescribedCall>& list, const std::string& url) {
  ProviderSettings settings = settings_for(ProviderType{"http"}, url);
  settings.description.id = {"/id"};
  settings.description.native_status = {"/status"};
  settings.description.tag = {"/tag"};
  settings.description.states = {{"up", State::active}, {"down", State::closed}};
  settings.description.list = list;
  return settings;
}

Reply walked(const std::vector<DescribedCall>& list, const std::map<std::string, std::string>& by_target) {
  FakeServer server([&](const Received& request, Wire& wire) {
    const auto found = by_target.find(request.target);
    wire.send(found != by_target.end() ? found->second : reply(500, R"({"error":"nobody asks for this"})"));
  });
  return waiting_provider(listing_settings(list, server.url()))->list(effect_of(EffectKind::list));
}

Reply walked(const Pages& pages) {
  return walked({DescribedCall{"GET", pages.path, "", "/items", {}, pages.next}}, pages.by_target);
}

std::string ids_in(const Reply& reply) {
  std::string ids;
  for (const Remote& remote : *reply.remotes) ids += remote.id.str();
  return ids;
}

const std::string by_page = "/all?size=2&page={page}";
const std::string by_cursor = "/all?size=2&after={cursor}";
const std::string by_offset = "/all?size=2&from={offset}";
const std::string one = "/all?size=2&page=1", two = "/all?size=2&page=2", three = "/all?size=2&page=3";
const std::string first = "/all?size=2", second = "/all?size=2&after=t1", third = "/all?size=2&after=t2";
const std::string at_0 = "/all?size=2&from=0", at_2 = "/all?size=2&from=2", at_3 = "/all?size=2&from=3";

}  // namespace

TEST_CASE("a list is read to its last page, whatever tells the next one, and is whole then") {
  const Pages pages = GENERATE(values<Pages>({
      {"true and false",
       {Form::page, "/more"},
       by_page,
       {{one, page_of("ab", R"(,"more":true)")}, {two, page_of("c", R"(,"more":false)")}}},
      {"the next page's number",
       {Form::page, "/more"},
       by_page,
       {{one, page_of("ab", R"(,"more":2)")}, {two, page_of("c", R"(,"more":null)")}}},
      {"how many are left",
       {Form::page, "/more"},
       by_page,
       {{one, page_of("ab", R"(,"more":3)")},
        {two, page_of("cd", R"(,"more":1)")},
        {three, page_of("e", R"(,"more":0)")}}},
      {"a page's number that stays, and an empty page",
       {Form::page, "/more"},
       by_page,
       {{one, page_of("ab", R"(,"more":2)")}, {two, page_of("", R"(,"more":2)")}}},
      {"a cursor in the answer",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("ab", R"(,"next":"t1")")}, {second, page_of("c", R"(,"next":"")")}}},
      {"a cursor that is absent at the end",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("ab", R"(,"next":"t1")")}, {second, page_of("cd")}}},
      {"a cursor with a page that was filtered empty",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("", R"(,"next":"t1")")}, {second, page_of("c", R"(,"next":null)")}}},
      {"a cursor that stays at the end",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("ab", R"(,"next":"t1")")}, {second, page_of("", R"(,"next":"t1")")}}},
      {"a cursor in a header",
       {Form::cursor, "x-next-token"},
       by_cursor,
       {{first, page_headed("ab", "X-Next-Token: t1")}, {second, page_of("c")}}},
      {"the last item's id",
       {Form::last_id, "/id"},
       "/all?size=2&after={cursor}",
       {{first, page_of("ab")}, {"/all?size=2&after=b", page_of("c")}, {"/all?size=2&after=c", page_of("")}}},
      {"an offset in a header",
       {Form::offset, "x-next-offset"},
       by_offset,
       {{at_0, page_headed("ab", "X-Next-Offset: 2")}, {at_2, page_headed("c", "X-Next-Offset: 0")}}},
      {"an offset that grows to an empty page",
       {Form::offset, "/next"},
       by_offset,
       {{at_0, page_of("ab", R"(,"next":2)")}, {at_2, page_of("", R"(,"next":4)")}}},
      {"counted items",
       {Form::offset, ""},
       by_offset,
       {{at_0, page_of("ab")}, {at_2, page_of("c")}, {at_3, page_of("")}}},
      {"the count of all items, by pages",
       {Form::total, "/total"},
       by_page,
       {{one, page_of("ab", R"(,"total":3)")}, {two, page_of("c", R"(,"total":3)")}}},
      {"the count of all items, by an offset",
       {Form::total, "/total"},
       by_offset,
       {{at_0, page_of("ab", R"(,"total":"3")")}, {at_2, page_of("c", R"(,"total":"3")")}}},
      {"no value at all, on a page that is not full",
       {Form::cursor, "x-next"},
       by_cursor,
       {{first, page_of("a")}}},
      {"one answer that is said to be all", {Form::whole}, first, {{first, page_of("abcdefghij")}}},
  }));
  INFO(pages.name);
  const Reply reply = walked(pages);
  REQUIRE(reply.remotes.ok());
  std::string all;
  for (const auto& [target, answer] : pages.by_target) {
    for (std::size_t at = answer.find("id\":\""); at != std::string::npos;
         at = answer.find("id\":\"", at + 1))
      all += answer[at + 5];
  }
  CHECK(ids_in(reply) == all);
  CHECK(reply.whole);
}

TEST_CASE("a list that ends in doubt proves nothing absent, and what it showed is used") {
  const Pages pages = GENERATE(values<Pages>({
      {"a full page without the value", {Form::cursor, "x-next"}, by_cursor, {{first, page_of("ab")}}},
      {"a full page without the word", {Form::page, "/more"}, by_page, {{one, page_of("ab")}}},
      {"a full page without the count", {Form::total, "/total"}, by_page, {{one, page_of("ab")}}},
      {"true and an empty page",
       {Form::page, "/more"},
       by_page,
       {{one, page_of("ab", R"(,"more":true)")}, {two, page_of("", R"(,"more":true)")}}},
      {"a page that is not heeded",
       {Form::page, "/more"},
       by_page,
       {{one, page_of("ab", R"(,"more":true)")}, {two, page_of("ab", R"(,"more":true)")}}},
      {"a cursor that comes again with items",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("ab", R"(,"next":"t1")")}, {second, page_of("cd", R"(,"next":"t1")")}}},
      {"cursors that go round",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("ab", R"(,"next":"t1")")},
        {second, page_of("cd", R"(,"next":"t2")")},
        {third, page_of("ef", R"(,"next":"t1")")}}},
      {"a cursor that is not heeded",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("ab", R"(,"next":"t1")")}, {second, page_of("ab", R"(,"next":"t2")")}}},
      {"a cursor that is no text",
       {Form::cursor, "/next"},
       by_cursor,
       {{first, page_of("a", R"(,"next":{})")}}},
      {"a last id that is not heeded",
       {Form::last_id, "/id"},
       by_cursor,
       {{first, page_of("ab")}, {"/all?size=2&after=b", page_of("ab")}}},
      {"a last item without an id", {Form::last_id, "/key"}, by_cursor, {{first, page_of("ab")}}},
      {"an offset that does not grow",
       {Form::offset, "x-next"},
       by_offset,
       {{at_0, page_headed("ab", "X-Next: 2")}, {at_2, page_headed("cd", "X-Next: 2")}}},
      {"an offset that is no number",
       {Form::offset, "x-next"},
       by_offset,
       {{at_0, page_headed("ab", "X-Next: soon")}}},
      {"an offset that is not heeded",
       {Form::offset, ""},
       by_offset,
       {{at_0, page_of("ab")}, {at_2, page_of("ab")}}},
      {"fewer items than their count",
       {Form::total, "/total"},
       by_page,
       {{one, page_of("ab", R"(,"total":4)")}, {two, page_of("c", R"(,"total":4)")}, {three, page_of("")}}},
      {"a count that shrinks",
       {Form::total, "/total"},
       by_page,
       {{one, page_of("ab", R"(,"total":4)")}, {two, page_of("", R"(,"total":2)")}}},
      {"a count of something else",
       {Form::total, "/total"},
       by_page,
       {{one, page_of("ab", R"(,"total":1)")}}},
  }));
  INFO(pages.name);
  const Reply reply = walked(pages);
  REQUIRE(reply.remotes.ok());
  CHECK_FALSE(ids_in(reply).empty());
  CHECK_FALSE(reply.whole);
}

TEST_CASE("a list without an end is left after a hundred pages, and proves nothing absent") {
  FakeServer server([](const Received& request, Wire& wire) {
    const std::string number = request.target.substr(request.target.find('=') + 1);
    wire.send(reply(200, R"({"items":[{"id":"r)" + number + R"("}],"more":true})"));
  });
  const DescribedCall list{"GET", "/all?page={page}", "", "/items", {}, {Form::page, "/more"}};
  const Reply reply =
      waiting_provider(listing_settings({list}, server.url()))->list(effect_of(EffectKind::list));
  REQUIRE(reply.remotes.ok());
  CHECK(reply.remotes->size() == 100);
  CHECK_FALSE(reply.whole);
}

TEST_CASE("several calls make one list, which is whole if each of them is") {
  const DescribedCall queued{"GET", "/all?state=queued", "", "/items"};
  const DescribedCall up{"GET", "/all?state=up&after={cursor}", "", "/items", {}, {Form::cursor, "/next"}};
  std::map<std::string, std::string> answers{{"/all?state=queued", page_of("ab")},
                                             {"/all?state=up", page_of("bc", R"(,"next":"t1")")},
                                             {"/all?state=up&after=t1", page_of("d")}};
  const Reply reply = walked({queued, up}, answers);
  REQUIRE(reply.remotes.ok());
  // One that moved between the calls is shown once.
  CHECK(ids_in(reply) == "abcd");
  CHECK(reply.whole);
  // 10 items are as many as a page may have, and nothing says how the first call goes on.
  answers["/all?state=queued"] = page_of("0123456789");
  CHECK_FALSE(walked({queued, up}, answers).whole);
  answers.erase("/all?state=queued");
  CHECK_FALSE(walked({queued, up}, answers).remotes.ok());
}

TEST_CASE("what was listed last says how a session is") {
  const Reply reply = walked({DescribedCall{"GET", "/queued", "", ""}, DescribedCall{"GET", "/up", "", ""}},
                             {{"/queued", test::reply(200, R"([{"id":"a","status":"waiting"}])")},
                              {"/up", test::reply(200, R"([{"id":"a","status":"up"}])")}});
  CHECK(only(reply).state == State::active);
}

TEST_CASE("an item that cannot be read is passed over on any page, and counted") {
  const Reply reply = walked({"",
                              {Form::cursor, "/next"},
                              by_cursor,
                              {{first, test::reply(200, R"({"items":[{"id":"a"},{"id":null}],"next":"t1"})")},
                               {second, test::reply(200, R"({"items":[7,{"id":"b"}]})")}}});
  REQUIRE(reply.remotes.ok());
  CHECK(ids_in(reply) == "ab");
  CHECK(reply.passed_over == 2);
  CHECK_FALSE(reply.whole);
}

TEST_CASE("a lost start is found on a later page, and under a word that is not described") {
  const Effect effect = effect_of(EffectKind::find);
  const std::string ours =
      R"({"id":"ours","status":"warming","tag":")" + start_tag(effect.instance, effect.session) + "\"}";
  FakeServer server([&](const Received& request, Wire& wire) {
    wire.send(request.target == first
                  ? reply(200, R"({"items":[{"id":"a","status":"up"},{"id":"b","status":"up"}]})",
                          "X-Next-Token: t1\r\n")
                  : reply(200, "{\"items\":[" + ours + "]}"));
  });
  const DescribedCall list{"GET", by_cursor, "", "/items", {}, {Form::cursor, "x-next-token"}};
  const Reply reply = waiting_provider(listing_settings({list}, server.url()))->find(effect);
  REQUIRE(reply.remotes.ok());
  REQUIRE(reply.remotes->size() == 3);
  CHECK(reply.remotes->back().tag == effect.session);
  CHECK(reply.remotes->back().progress != Progress::ended);
}

TEST_CASE("a list that is asked for by a body goes on in it, with numbers as numbers") {
  FakeServer server([](const Received& request, Wire& wire) {
    wire.send(request.body == R"({"from":0,"limit":2,"page":1})"
                  ? reply(200, R"({"items":[{"id":"a"},{"id":"b"}],"next":"t1"})")
                  : reply(200, R"({"items":[{"id":"c"}]})"));
  });
  const std::string body = R"({"after":"{cursor}","limit":2,"from":"{offset}","page":"{page}"})";
  const DescribedCall list{"POST", "/find", body, "/items", {}, {Form::cursor, "/next"}};
  const Reply reply =
      waiting_provider(listing_settings({list}, server.url()))->list(effect_of(EffectKind::list));
  CHECK(ids_in(reply) == "abc");
  CHECK(reply.whole);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests().back().body == R"({"after":"t1","from":0,"limit":2,"page":2})");
}

TEST_CASE("a body that asks for a length tells what a full answer is") {
  const auto is_whole = [](const std::string& body) {
    FakeServer server([](const Received&, Wire& wire) { wire.send(page_of("ab")); });
    const DescribedCall list{"POST", "/find", body, "/items"};
    return waiting_provider(listing_settings({list}, server.url()))->list(effect_of(EffectKind::list)).whole;
  };
  CHECK_FALSE(is_whole(R"({"limit":2})"));
  CHECK(is_whole(R"({"limit":3})"));
}

TEST_CASE("the check takes a 2xx whose list is an array, and nothing else") {
  const auto accepts = [](const std::string& answer) {
    FakeServer server([&](const Received&, Wire& wire) { wire.send(answer); });
    const DescribedCall list{"GET", "/all", "", "/items"};
    const auto checked = waiting_provider(listing_settings({list}, server.url()))->check();
    return checked.ok() && *checked == Checked::accepted;
  };
  CHECK(accepts(page_of("")));
  CHECK(accepts(page_of("ab")));
  for (const std::string& answer :
       {reply(200, "{}"), reply(200, R"({"items":{}})"), reply(200, R"({"items":null})"), reply(200, "[]"),
        reply(204, ""), reply(200, "<html>", "", "text/html"), reply(400, "{}"), reply(404, "{}"),
        reply(422, "{}"), reply(401, "{}")}) {
    INFO(answer);
    CHECK_FALSE(accepts(answer));
  }
  FakeServer unasked([](const Received&, Wire& wire) { wire.send(page_of("")); });
  const auto without = waiting_provider(listing_settings({}, unasked.url()))->check();
  REQUIRE(without.ok());
  CHECK(*without == Checked::no_call);
}

TEST_CASE("a credential that stands in a query is shown in no error") {
  FakeServer server(
      [](const Received&, Wire& wire) { wire.send(reply(401, R"({"error":"planted&secret is no good"})")); });
  ProviderSettings settings =
      listing_settings({DescribedCall{"GET", "/all?token={credential.other}", "", ""}}, server.url());
  settings.description.credentials = {{"other", Secret{"planted&secret"}}};
  const auto answer = waiting_provider(settings)->list(effect_of(EffectKind::list)).remotes;
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests().front().target == "/all?token=planted%26secret");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().what.find("planted") == std::string::npos);
}

TEST_CASE("what has ended and is ours is kept for a look-up, and for the list where it is cleaned up") {
  const Effect any = effect_of(EffectKind::list);
  const std::string ours = start_tag(any.instance, any.session);
  const std::string all =
      R"([{"id":"a","status":"up"},{"id":"b","status":"down"},{"id":"c","status":"down","tag":")" + ours +
      R"("}])";
  FakeServer server([&](const Received&, Wire& wire) { wire.send(reply(200, all)); });
  ProviderSettings settings =
      listing_settings({DescribedCall{"GET", "/all", "", "", {}, {Form::whole, ""}}}, server.url());
  const auto shown = [&](EffectKind kind) {
    return ids_in(waiting_provider(settings)->carry_out(effect_of(kind)));
  };
  CHECK(shown(EffectKind::list) == "a");
  CHECK(shown(EffectKind::find) == "ac");
  settings.description.cleanup = DescribedCall{"DELETE", "/disks/{id}", "", ""};
  CHECK(shown(EffectKind::list) == "ac");
}
