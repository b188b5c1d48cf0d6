#include "provider/json_mending.h"

#include "catch.h"
#include "provider/answer_json.h"

using namespace keeper;

namespace {

std::string mended(std::string_view text) {
  std::string room;
  return std::string(mended_json(text, &room));
}

}  // namespace

TEST_CASE("JSON that needs nothing is left as it is, byte for byte") {
  for (const char* text :
       {R"({"a":[1,-2.5e3,true,null,"x\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00"]} )", "[0,-0,0.0,1e-7,1E+7]",
        "[18446744073709551615,-9223372036854775808]", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", "",
        "<html>", "{\"a\": NaNa}", "[e5]", "\xef\xbb\xbf{}"}) {
    INFO(text);
    std::string room;
    const std::string_view given(text);
    CHECK(mended_json(given, &room).data() == given.data());
    CHECK(mended_json(given, &room) == given);
  }
}

TEST_CASE("what is no text is replaced") {
  const std::string none(not_text);
  CHECK(mended("\"a\xff"
               "b\"") == "\"a" + none + "b\"");
  CHECK(mended("\"\xc3\"") == "\"" + none + "\"");
  CHECK(mended("\"\xe2\x82\"") == "\"" + none + none + "\"");
  CHECK(mended("\"\xc0\xaf\"") == "\"" + none + none + "\"");
  CHECK(mended("\"\xed\xa0\x80\"") == "\"" + none + none + none + "\"");
  CHECK(mended("\"\xf4\x90\x80\x80\"") == "\"" + none + none + none + none + "\"");
  CHECK(mended(R"("\ud800")") == "\"" + none + "\"");
  CHECK(mended(R"("\udc00x")") == "\"" + none + "x\"");
  CHECK(mended(R"("\ud800\ud83d\ude00")") == "\"" + none + R"(\ud83d\ude00")");
  CHECK(mended(R"("\ud800\u0041")") == "\"" + none + R"(\u0041")");
  CHECK(mended(R"("\x41\u12")") == "\"" + none + "x41" + none + "u12\"");
  CHECK(mended(std::string("\"a\nb\0c\"", 7)) == R"("a\u000ab\u0000c")");
  // A name as well.
  CHECK(mended("{\"\xff\":1}") == "{\"" + none + "\":1}");
}

TEST_CASE("a number that nothing holds becomes the text of its characters") {
  CHECK(mended("[1e400,-1e400,18446744073709551616,-9223372036854775809]") ==
        R"(["1e400","-1e400","18446744073709551616","-9223372036854775809"])");
  CHECK(mended("[007,+1,.5,1.,-,1.2.3,0x]") == R"(["007","+1",".5","1.",-,"1.2.3",0x])");
  CHECK(mended("[NaN,Infinity,-Infinity,nan,-inf]") == "[null,null,null,null,null]");
  CHECK(mended(R"("1e400 NaN")") == R"("1e400 NaN")");
}

TEST_CASE("what nests too deeply is cut, and what stands beside it is read") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(mended(nested(json_depth_max)) == nested(json_depth_max));
  const std::string cut = std::string(json_depth_max, '[') + "null" + std::string(json_depth_max, ']');
  CHECK(mended(nested(json_depth_max + 1)) == cut);
  CHECK(mended(nested(200'000)) == cut);
  const auto json =
      parse_json(R"([{"id":"a","deep":)" + nested(500) + R"(},{"id":"b","deep":{"x":")" + R"(]}\"]"}}])");
  REQUIRE(json);
  CHECK(json->at(0).at("id") == "a");
  CHECK(json->at(1).at("id") == "b");
  const std::string brackets =
      std::string(json_depth_max, '[') + R"({"x":"}\"]"})" + std::string(json_depth_max, ']');
  CHECK(mended(brackets) == cut);
  CHECK_FALSE(parse_json(std::string(200'000, '[')));
  CHECK_FALSE(parse_json(std::string(200'000, '{')));
}

TEST_CASE("whatever is mended is valid, or was no JSON before") {
  const std::string pieces[]{
      "{",       "}",     "[",   "]",   "\"", "\\", ",",      ":",     "\xff", "\xed\xa0\x80",
      "\\ud800", "1e400", "007", "NaN", "\n", "a",  "\"k\":", "\"v\"", "null", "\\u00"};
  std::uint64_t draw = 7;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      draw = draw * 6364136223846793005U + 1442695040888963407U;
      text += pieces[(draw >> 33U) % std::size(pieces)];
    }
    const std::string once = mended(text);
    if (mended(once) != once) FAIL("not mended at once: " << text);
    if (Json::accept(text) && once != text) FAIL("valid, and changed: " << text);
  }
}
