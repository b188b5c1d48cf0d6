#include "base/time.h"

#include "base/hash.h"
#include "base/text.h"
#include "catch.h"

using namespace keeper;
using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("times are read with and without zone, with up to nine fractional digits") {
  const Wall ten{std::chrono::sys_days{std::chrono::November / 20 / 2026} + hours{10}};
  CHECK(parse_time("2026-11-20T10:00:00Z") == ten);
  CHECK(parse_time("2026-11-20T10:00:00") == ten);
  CHECK(parse_time("2026-11-20 12:00:00.000+02:00") == ten);
  CHECK(parse_time("2026-11-20T05:00-0500") == ten);
  CHECK(parse_time("2026-11-20T10:00:00.123456789Z") == ten + Millis{123});
  CHECK(parse_time("2026-11-20T10:00:00.5") == ten + Millis{500});
  for (const char* bad :
       {"", "2026-11-20", "2026-02-30T10:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T10:00:00.Z",
        "2026-11-20T10:00:00Zz", "2026-11-20T10:00:00+2", "yesterday"}) {
    INFO(bad);
    CHECK_FALSE(parse_time(bad));
  }
}

TEST_CASE("what is written is read again") {
  const Wall time{std::chrono::sys_days{std::chrono::February / 29 / 2028} + Millis{86'399'999}};
  CHECK(to_rfc3339(time) == "2028-02-29T23:59:59.999Z");
  CHECK(parse_time(to_rfc3339(time)) == time);
}

TEST_CASE("durations are Prometheus's: largest unit first, no bare number, no sign") {
  CHECK(parse_duration("90s") == Seconds{90});
  CHECK(parse_duration("1h30m") == minutes{90});
  CHECK(parse_duration("1d") == hours{24});
  CHECK(parse_duration("250ms") == Millis{250});
  CHECK(parse_duration("0s") == Millis{0});
  for (const char* bad :
       {"", "0", "30", "-1s", "1s1h", "1.5h", "s", "1x", "99999999999999999999s", "1h 1m"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
  CHECK(to_text(minutes{90}) == "1h30m");
  CHECK(to_text(Millis{0}) == "0s");
  CHECK(to_text(hours{24} + Millis{5}) == "1d5ms");
}

TEST_CASE("stable hashes never change: ids in stores depend on them") {
  CHECK(stable_hash("session-keeper") == stable_hash("session-keeper"));
  CHECK(stable_hash("session-keeper", 1) != stable_hash("session-keeper", 2));
  CHECK(stable_hex128("session-keeper") == "5710219ca3e460a6f933e54d0e58180d");
}

TEST_CASE("foreign text is made safe to print") {
  CHECK(printable("a\nb\x1b[31m") == "a\\x0ab\\x1b[31m");
  CHECK(printable(std::string(300, 'x')).size() < 300);
}

TEST_CASE("a misspelt word finds the one that was meant") {
  CHECK(closest("provder", {"provider", "plans"}) == "provider");
  CHECK(closest("zzz", {"provider", "plans"}).empty());
}
