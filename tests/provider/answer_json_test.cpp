#include "provider/answer_json.h"

#include "base/text.h"

#include "catch.h"

using namespace keeper;

TEST_CASE("what is no JSON is none") {
  for (const char* text : {"", "{\"a\":", "<html>NaN 1e400</html>", "404 page not found",
                           "Backend Service Reached", "{\"a\":1}{\"b\":2}", "{a:1}", "\"open"}) {
    INFO(text);
    CHECK_FALSE(parse_json(text));
  }
}

TEST_CASE("a time may be a text or a count since 1970 in any unit") {
  const Wall time = parse_time("2026-11-20T10:00:00.500Z").value();
  for (const char* text :
       {R"("2026-11-20T10:00:00.5Z")", R"("2026-11-20T12:00:00.5+02:00")", "1795168800.5", "1795168800500",
        "1795168800500000", "1795168800500000000", R"("1795168800500")", R"("1795168800.5")"}) {
    INFO(text);
    CHECK(time_in(*parse_json(text)) == time);
  }
  for (const char* text : {"null", "0", "-1", "12", "true", R"("")", R"("soon")", R"("0001-01-01T00:00:00Z")",
                           R"("1970-01-01T00:00:00Z")", "1e30", "123456789012345678901", "[1795168800]"}) {
    INFO(text);
    CHECK_FALSE(time_in(*parse_json(text)));
  }
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
}

TEST_CASE("an id is any text of at most 512 bytes that a path can name") {
  for (const std::string& text : {std::string(512, 'a'), std::string("a b"), std::string(" a"),
                                  std::string("a\r\nb"), std::string("a/b?c#d%20"), std::string("\xc3\xa4"),
                                  std::string("a.."), std::string("..."), std::string("\"'\\")}) {
    INFO(text);
    CHECK(plain_id(text).str() == text);
  }
  for (const std::string& text : {std::string(513, 'a'), std::string(), std::string("."), std::string(".."),
                                  std::string("a\0b", 3), std::string("a\xef\xbf\xbd")}) {
    INFO(text);
    CHECK(plain_id(text).empty());
  }
}

TEST_CASE("an id that is a number is read as its digits") {
  const auto read = [](const std::string& text) {
    return id_at(*parse_json(R"({"id":)" + text + "}"), "id").str();
  };
  CHECK(read("7") == "7");
  CHECK(read("18446744073709551615") == "18446744073709551615");
  CHECK(read("18446744073709551616") == "18446744073709551616");
  CHECK(read("123456789012345678901234567890") == "123456789012345678901234567890");
  CHECK(read("-9223372036854775809") == "-9223372036854775809");
  CHECK(read("007") == "007");
  CHECK(read("[7]").empty());
  CHECK(read("true").empty());
}

TEST_CASE("text for a path keeps only what needs no escape") {
  CHECK(encode_percent("a-b_c.d~9") == "a-b_c.d~9");
  CHECK(encode_percent("a/b?c\r\n%") == "a%2Fb%3Fc%0D%0A%25");
}
