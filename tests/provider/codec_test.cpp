#include "provider/codec.h"

#include "base/text.h"

#include "catch.h"

using namespace keeper;

TEST_CASE("base64 has one spelling for a value") {
  CHECK(decode_base64("aGVsbG8=") == "hello");
  CHECK(decode_base64("-_-_") == decode_base64("+/+/"));
  CHECK(decode_base64("aGVsbG8") == "hello");
  CHECK(decode_base64("") == "");
  for (const char* wrong :
       {"aGVsbG9=", "aGVsbG", "aGVsbG8==", "aGVs=G8=", "a", "aGVs bG8=", "+/-_", "aGVsbG8=\n"}) {
    INFO(wrong);
    CHECK(decode_base64(wrong) != "hello");
    CHECK_FALSE((std::string(wrong) != "aGVsbG" && decode_base64(wrong).has_value()));
  }
  CHECK(encode_base64url("\xfb\xff\xfe") == "-__-");
  CHECK(encode_base64url("a") == "YQ");
}

TEST_CASE("HTTP dates are read in the one form that senders use") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == parse_time("1994-11-06T08:49:37Z"));
  CHECK_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 31 Feb 1994 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1994 28:49:37 GMT"));
  CHECK_FALSE(parse_http_date("120"));
}

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
