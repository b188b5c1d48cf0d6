#include "net/encoding.h"

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

TEST_CASE("HTTP dates are read in the three forms of RFC 9110") {
  const auto time = parse_time("1994-11-06T08:49:37Z");
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == time);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == time);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == time);
  CHECK(parse_http_date("Wed Nov 16 08:49:37 1994") == parse_time("1994-11-16T08:49:37Z"));
  CHECK(parse_http_date("Monday, 30-Nov-26 10:00:00 GMT") == parse_time("2026-11-30T10:00:00Z"));
  CHECK(parse_http_date("Mon, 30 Nov 2026 10:00:00 UTC") == parse_time("2026-11-30T10:00:00Z"));
  for (const char* wrong :
       {"", "120", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 28:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +0200", "Sunday, 06-Nov-194 08:49:37 GMT", "Sun Nov  6 08:49:37 94",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", "Sun Nov", "Sun,", "Sun, 6"}) {
    INFO(wrong);
    CHECK_FALSE(parse_http_date(wrong));
  }
}
