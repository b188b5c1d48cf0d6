#include "provider/answer_json.h"

#include "base/text.h"

#include "catch.h"

using namespace keeper;

TEST_CASE("JSON that nests too deeply is refused, not followed") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse_json(nested(64)));
  CHECK_FALSE(parse_json(nested(66)));
  CHECK_FALSE(parse_json(nested(200'000)));
  CHECK_FALSE(parse_json("{\"a\":"));
  CHECK_FALSE(parse_json(""));
  CHECK_FALSE(parse_json("\"\xff\""));
}

TEST_CASE("members of the wrong type count as missing") {
  const Json json = *parse_json(R"({"n":1.5,"big":18446744073709551615,"t":"x","i":-3})");
  CHECK_FALSE(integer_at(json, "n"));
  CHECK_FALSE(integer_at(json, "big"));
  CHECK_FALSE(integer_at(json, "t"));
  CHECK(integer_at(json, "i") == -3);
  CHECK_FALSE(text_at(json, "i"));
  CHECK_FALSE(time_at(json, "t"));
  CHECK(member(Json::array(), "x").is_null());
}

TEST_CASE("an id loses its optional prefix and must look like an id") {
  CHECK(normalised_id("session-8f2c").str() == "8f2c");
  CHECK(normalised_id("8f2c").str() == "8f2c");
  CHECK(normalised_id("").empty());
  CHECK(normalised_id("session-session-8f2c").str() == "8f2c");
  CHECK(normalised_id("session-").empty());
  CHECK(normalised_id("a\r\nb").empty());
  CHECK(normalised_id("a b").empty());
  CHECK(normalised_id(std::string(201, 'a')).empty());
}

TEST_CASE("text for a path keeps only what needs no escape") {
  CHECK(encode_percent("a-b_c.d~9") == "a-b_c.d~9");
  CHECK(encode_percent("a/b?c\r\n%") == "a%2Fb%3Fc%0D%0A%25");
}
