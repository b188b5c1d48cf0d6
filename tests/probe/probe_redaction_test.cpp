#include "probe/redaction.h"

#include <nlohmann/json.hpp>

#include "catch.h"

using keeper::probe::Redaction;
using Json = nlohmann::json;

TEST_CASE(
    "a redaction takes out credentials, tokens, cookies, variables and URLs, and leaves what adapters read") {
  Redaction redaction;
  redaction.add_secret("planted/secret");
  Json body{{"session_id", "7d0c3f4e"},
            {"status", "active"},
            {"created_at", "2026-11-20T10:00:00.000Z"},
            {"timeout_minutes", 5},
            {"cdp_url", "wss://cdp.example.org/x?token=abc"},
            {"note", "see https://a.example/b, or planted/secret, or planted%2Fsecret"},
            {"accessToken", "abc"},
            {"tokens", 12},
            {"nextToken", "page-2"},
            {"metadata", {{"session", "0123456789abcdef0123456789abcdef"}}},
            {"env", {{"LOCALE", "de"}, {"deep", {{"er", "x"}}}}},
            {"proxies", {{{"server", "p"}, {"port", 1}}}},
            {"jwt_like", "a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2ln b"}};
  redaction.redact(body);
  const Json expected{{"session_id", "7d0c3f4e"},
                      {"status", "active"},
                      {"created_at", "2026-11-20T10:00:00.000Z"},
                      {"timeout_minutes", 5},
                      {"cdp_url", "[url]"},
                      {"note", "see [url] or [secret], or [secret]"},
                      {"accessToken", "[secret]"},
                      {"tokens", 12},
                      {"nextToken", "page-2"},
                      {"metadata", {{"session", "0123456789abcdef0123456789abcdef"}}},
                      {"env", {{"LOCALE", "[secret]"}, {"deep", {{"er", "[secret]"}}}}},
                      {"proxies", {{{"server", "[secret]"}, {"port", 1}}}},
                      {"jwt_like", "[secret]"}};
  CHECK(body == expected);
  Json again = body;
  redaction.redact(again);
  CHECK(again == body);
}

TEST_CASE("a redaction takes out the values of headers by their names") {
  const Redaction redaction;
  CHECK(redaction.header("Authorization", "Bearer abc") == "[secret]");
  CHECK(redaction.header("X-API-Key", "abc") == "[secret]");
  CHECK(redaction.header("set-cookie", "a=b") == "[secret]");
  CHECK(redaction.header("X-Next-Token", "page-2") == "page-2");
  CHECK(redaction.header("Date", "Sun, 06 Nov 1994 08:49:37 GMT") == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(redaction.header("Location", "https://a.example/b") == "[url]");
}

TEST_CASE("a secret that holds another one leaves nothing of itself") {
  Redaction redaction;
  redaction.add_secret("abcd");
  redaction.add_secret("abcdefgh");
  CHECK(redaction.text("x abcdefgh y") == "x [secret] y");
}
