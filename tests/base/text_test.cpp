#include "base/text.h"

#include "base/json_writer.h"
#include "catch.h"

using namespace keeper;

TEST_CASE("what acts on a terminal or turns text around is shown and not passed on") {
  CHECK(printable("a\tb\r\n\x1b[31m\x7f") == "a\\x09b\\x0d\\x0a\\x1b[31m\\x7f");
  CHECK(printable("\u009b31m") == "\\u009b31m");
  CHECK(printable("a\u2028b\u2029c") == "a\\u2028b\\u2029c");
  CHECK(printable("invoice\u202egpj.exe\u2066\u200f\u061c\ufeff") ==
        "invoice\\u202egpj.exe\\u2066\\u200f\\u061c\\ufeff");
  CHECK(printable("\U000e0041") == "\\udb40\\udc41");
  CHECK(printable("grüße 日本 🦀 می\u200cخواهم") == "grüße 日本 🦀 می\u200cخواهم");
}

TEST_CASE("bytes that are not UTF-8 are shown one by one") {
  CHECK(printable("a\xff\x80z") == "a\\xff\\x80z");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  CHECK(printable("\xc0\x80\xed\xa0\x80") == "\\xc0\\x80\\xed\\xa0\\x80");
}

TEST_CASE("text is cut between characters") {
  CHECK(printable("äöü", 6) == "äöü");
  CHECK(printable("äöü", 5) == "äö…");
  CHECK(printable("äöü", 4) == "äö…");
  CHECK(printable("a🦀", 4) == "a…");
  CHECK(printable("ab\x01", 5) == "ab…");
}

TEST_CASE("JSON means the same and holds nothing that acts on a terminal") {
  JsonWriter json;
  json.value("ok\u009b31m\u202e\u2028\n\x7f\U000e0041é");
  CHECK(json.take() == R"("ok\u009b31m\u202e\u2028\n\u007f\udb40\udc41é")");
}
