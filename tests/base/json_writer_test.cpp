#include "base/json_writer.h"

#include <nlohmann/json.hpp>

#include "catch.h"

using namespace keeper;

namespace {

nlohmann::json through(const std::string& text) {
  JsonWriter json;
  json.begin_array();
  json.value(text);
  json.end_array();
  return nlohmann::json::parse(json.take()).at(0);
}

}  // namespace

TEST_CASE("well-formed text survives, with all its quotes and control characters") {
  std::string ascii;
  for (int i = 0; i < 128; ++i) ascii += static_cast<char>(i);
  for (const std::string& text : {ascii, std::string("grüße 日本 🦀 \u2028"), std::string()}) {
    CHECK(through(text) == text);
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced, and what is around them survives") {
  const std::string replaced = "\xEF\xBF\xBD";
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xF0\x9F\xA6", "\xFF",
                          "\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80"}) {
    const std::string read = through("a" + std::string(bad) + "z").get<std::string>();
    CHECK(read.front() == 'a');
    CHECK(read.back() == 'z');
    CHECK((read.size() - 2) % replaced.size() == 0);
    for (std::size_t i = 1; i + 1 < read.size(); i += replaced.size()) {
      CHECK(read.substr(i, replaced.size()) == replaced);
    }
  }
}

TEST_CASE("objects, arrays and values nest with their commas") {
  JsonWriter json;
  json.begin_object();
  json.begin_array("list");
  json.value(1);
  json.begin_object();
  json.end_object();
  json.begin_array();
  json.end_array();
  json.value(std::optional<int>{});
  json.end_array();
  json.field("truth", true);
  json.field("time", Wall{});
  json.text_or_null("nothing", "");
  json.end_object();
  CHECK(json.take() ==
        R"({"list":[1,{},[],null],"truth":true,"time":"1970-01-01T00:00:00.000Z","nothing":null})");
}
