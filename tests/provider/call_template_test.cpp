// The marks of a described provider's templates, and what is filled in.
#include "provider/described/call_template.h"

#include "provider/described/marks.h"
#include "provider/support.h"
#include "provider/tag.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

ProviderCall filled(const DescribedCall& call, const PagePlace& place = {}) {
  Description description;
  description.headers = {{"Authorization", "Bearer {api_key}"}, {"X-Of-All", "{plan}"}};
  description.credentials = {{"public", Secret{"pk&1"}}};
  Effect effect = effect_of(EffectKind::start, "r/1", R"({"size":2})");
  effect.plan = PlanName{"{id}"};
  return filled_call(description, Secret{"the-key"}, Purpose::start, call, effect, place);
}

std::string body_of(const std::string& body, const PagePlace& place = {}) {
  return filled({"POST", "/", body, ""}, place).body;
}

std::string names_of(std::string_view text) {
  std::string names;
  for (const Mark& mark : marks_in(text)) names += std::string(mark.name) + ";";
  return names;
}

}  // namespace

TEST_CASE("a mark is a lower-case word in braces, and other braces are text") {
  CHECK(names_of("/a/{id}?b={session_uuid}&c={now+1h30m}{credential.a_1}") ==
        "id;session_uuid;now+1h30m;credential.a_1;");
  CHECK(names_of(R"({"a":{}, {}, { id}, {Id}, {1}, {id, {a b}, {id)").empty());
  CHECK(names_of("{{id}}") == "id;");
}

TEST_CASE("what is filled in is not read again for marks, and is encoded in paths") {
  CHECK(filled({"GET", "/{id}/{plan}?{other}", "", ""}).path == "/r%2F1/%7Bid%7D?{other}");
  CHECK(body_of(R"({"a":"{id} of {plan}"})") == R"({"a":"r/1 of {id}"})");
}

TEST_CASE("alone in a text the parameters are a map, and pages and times are numbers") {
  CHECK(body_of(R"("{parameters}")") == R"({"size":2})");
  CHECK(body_of(R"({"a":["{page}","{offset}","page {page}"]})", {7, 14, "x"}) == R"({"a":[7,14,"page 7"]})");
  const Json body = Json::parse(body_of(R"({"now":"{now}","later":"{now+1m30s}"})"));
  const auto now = std::chrono::duration_cast<Seconds>(wall_now().time_since_epoch()).count();
  CHECK(std::abs(body.at("now").get<std::int64_t>() - now) <= 2);
  const std::int64_t ahead = body.at("later").get<std::int64_t>() - body.at("now").get<std::int64_t>();
  CHECK((ahead == 90 || ahead == 91));
}

TEST_CASE("the parameters' members stand beside those of the template, which come first") {
  CHECK(body_of(R"({"{parameters}":null,"id":"{session}","deep":{"{parameters}":null}})") ==
        R"({"deep":{"size":2},"id":")" + effect_of(EffectKind::start).session.str() + R"(","size":2})");
  CHECK(body_of(R"({"{parameters}":null,"size":"{page}"})") == R"({"size":1})");
}

TEST_CASE("an empty cursor is left out of queries and bodies") {
  const DescribedCall call{"GET", "/all?a=1&after={cursor}&b=2", "", ""};
  CHECK(filled(call).path == "/all?a=1&b=2");
  CHECK(filled(call, {2, 0, "x y"}).path == "/all?a=1&after=x%20y&b=2");
  CHECK(filled({"GET", "/all?after={cursor}", "", ""}).path == "/all");
  CHECK(filled({"GET", "/all?after=p{cursor}", "", ""}).path == "/all?after=p");
  CHECK(body_of(R"({"a":{"after":"{cursor}","b":1}})") == R"({"a":{"b":1}})");
}

TEST_CASE("a call's headers stand beside those of all calls, or in the place of one of them") {
  DescribedCall call{"GET", "/", "", ""};
  call.headers = {{"authorization", "Bearer {credential.public}"}, {"X-Own", "{session}"}};
  const auto headers = filled(call).headers;
  REQUIRE(headers.size() == 3);
  CHECK(header_in(headers, "Authorization") == "Bearer pk&1");
  CHECK(header_in(headers, "X-Of-All") == "{id}");
  CHECK(header_in(headers, "X-Own") == effect_of(EffectKind::start).session.str());
  CHECK(header_in(filled({"GET", "/", "", ""}).headers, "Authorization") == "Bearer the-key");
  CHECK(filled({"GET", "/?token={credential.public}", "", ""}).path == "/?token=pk%261");
}
