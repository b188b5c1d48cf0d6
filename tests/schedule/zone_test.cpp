#include "schedule/zone.h"

#include "schedule/schedule_kit.h"

namespace keeper {
namespace {

using kit::utc;
using kit::zone;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year;

TEST_CASE("a zone is found by its IANA name and keeps it") {
  CHECK(zone("Europe/Berlin").name() == "Europe/Berlin");
  CHECK(zone("Europe/Zagreb").name() == "Europe/Zagreb");  // a link to another
  CHECK(zone("UTC").name() == "UTC");
  CHECK(Zone{} == zone("UTC"));
  CHECK(zone("Etc/UTC").offset_at(utc("2026-07-01T00:00")) == hours{0});
}

TEST_CASE("an unknown zone is refused with the name that was meant") {
  const auto message = [](std::string_view name) {
    const auto found = Zone::find(name);
    REQUIRE(!found.ok());
    CHECK(found.error().kind == ErrorKind::malformed);
    return found.error().what;
  };
  CHECK(message("Europe/Berln") == "unknown time zone \"Europe/Berln\": did you mean Europe/Berlin?");
  CHECK(message("europe/berlin") == "unknown time zone \"europe/berlin\": did you mean Europe/Berlin?");
  const std::string no_offset =
      ": an offset is no time zone, since clocks change; use an IANA name such as Europe/Berlin";
  CHECK(message("UTC+2") ==
        "unknown time zone \"UTC+2\"" + no_offset + ", or Etc/GMT-2, whose sign is the other way round");
  CHECK(message("GMT-03:00") ==
        "unknown time zone \"GMT-03:00\"" + no_offset + ", or Etc/GMT+3, whose sign is the other way round");
  CHECK(message("+05:30") == "unknown time zone \"+05:30\"" + no_offset);
  CHECK(message("UTC+20") == "unknown time zone \"UTC+20\"" + no_offset);
  CHECK(message("CET+1") == "unknown time zone \"CET+1\"" + no_offset);
  CHECK(message("Etc/GMT+15") == "unknown time zone \"Etc/GMT+15\"" + no_offset);
  CHECK(message("Z") == "unknown time zone \"Z\": did you mean UTC?");
  CHECK(message("berlin") == "unknown time zone \"berlin\": did you mean Europe/Berlin?");
  CHECK(message("Mars/Olympus_Mons").find("IANA name") != std::string::npos);
  CHECK(message("").find("IANA name") != std::string::npos);
  CHECK(message("../../etc/passwd").find("unknown time zone") == 0);
}

TEST_CASE("what lies beside the zones in the system's directory is no zone") {
  for (const auto* name : {"localtime", "posixrules", "leapseconds", "tzdata.zi", "zone.tab", "right/UTC"}) {
    CHECK(!Zone::find(name).ok());
  }
}

TEST_CASE("offsets follow daylight saving to the end of 2099") {
  const Zone berlin = zone("Europe/Berlin");
  CHECK(berlin.offset_at(utc("2026-03-29T00:59:59")) == hours{1});
  CHECK(berlin.offset_at(utc("2026-03-29T01:00:00")) == hours{2});
  CHECK(berlin.offset_at(utc("2037-07-01T00:00")) == hours{2});
  CHECK(berlin.offset_at(utc("2038-07-01T00:00")) == hours{2});
  CHECK(berlin.offset_at(utc("2099-12-31T23:59:59")) == hours{1});
  CHECK(zone("America/New_York").offset_at(utc("2037-07-01T00:00")) == -hours{4});
  CHECK(zone("Asia/Kathmandu").offset_at(utc("2026-07-01T00:00")) == hours{5} + minutes{45});
}

TEST_CASE("a local time is found when it is first shown, and a skipped one right after the gap") {
  struct Row {
    const char *zone, *local, *utc;
  };
  const Row rows[] = {
      {"Europe/Berlin", "2026-01-15T12:00", "2026-01-15T11:00Z"},
      {"Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"},
      {"Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00Z"},
      {"Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00Z"},
      {"Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z"},
      {"Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00Z"},
      {"Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z"},
      {"Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30Z"},
      {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00Z"},
      {"Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00Z"},
      {"Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59Z"},
      {"America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00Z"},
      {"Pacific/Kiritimati", "2026-05-05T00:00", "2026-05-04T10:00Z"},
      {"UTC", "2026-05-05T00:00", "2026-05-05T00:00Z"},
  };
  for (const Row& row : rows) {
    INFO(row.zone << " " << row.local);
    const auto found = parse_time_in(row.local, zone(row.zone));
    REQUIRE(found.has_value());
    CHECK(to_rfc3339(*found) == to_rfc3339(utc(row.utc)));
  }
}

TEST_CASE("times are read as local unless they name an offset, and dates are the day's begin") {
  const Zone berlin = zone("Europe/Berlin");
  const auto read = [&](std::string_view text) { return parse_time_in(text, berlin); };
  CHECK(read("2026-07-01T09:00") == utc("2026-07-01T07:00Z"));
  CHECK(read("2026-07-01 09:00:00.250") == utc("2026-07-01T07:00:00.250Z"));
  CHECK(read("2026-07-01T09:00Z") == utc("2026-07-01T09:00Z"));
  CHECK(read("2026-07-01T09:00-05:00") == utc("2026-07-01T14:00Z"));
  CHECK(read("2026-07-01") == utc("2026-06-30T22:00Z"));
  CHECK(read("2099-12-31T23:59:59") == utc("2099-12-31T22:59:59Z"));
  CHECK(read("2100-01-01T00:59:59") == utc("2099-12-31T23:59:59Z"));
  for (const auto* wrong : {"2100-01-01T01:00", "2100-01-01T00:00Z", "1969-12-31", "2026-02-29", "2026-7-1",
                            "soon", "", "09:00"}) {
    INFO(wrong);
    CHECK(!read(wrong));
  }
}

TEST_CASE("dates are read strictly") {
  CHECK(parse_date("2028-02-29") == year{2028} / 2 / 29);
  for (const auto* wrong : {"2026-02-29", "2026-13-01", "26-01-01", "2026-01-01T", "2026/01/01", ""}) {
    CHECK(!parse_date(wrong));
  }
}

TEST_CASE("a time is written with the zone's offset, and milliseconds where there are some") {
  CHECK(to_rfc3339(utc("2026-07-01T07:00Z"), zone("Europe/Berlin")) == "2026-07-01T09:00:00+02:00");
  CHECK(to_rfc3339(utc("2026-07-01T07:00:00.5Z"), zone("America/New_York")) ==
        "2026-07-01T03:00:00.500-04:00");
  CHECK(to_rfc3339(utc("2026-07-01T07:00Z"), zone("Asia/Kathmandu")) == "2026-07-01T12:45:00+05:45");
  CHECK(to_rfc3339(utc("2026-01-01T02:00Z"), zone("America/St_Johns")) == "2025-12-31T22:30:00-03:30");
  CHECK(to_rfc3339(utc("2026-07-01T07:00Z"), Zone{}) == "2026-07-01T07:00:00+00:00");
}

TEST_CASE("each span of every zone continues the one before, and says what was shown") {
  for (const auto* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                           "Antarctica/Troll", "Africa/Casablanca", "Asia/Manila", "Pacific/Kwajalein"}) {
    const Zone in = zone(name);
    auto span = in.span_at(std::chrono::sys_days{year{1970} / 1 / 1});
    while (span.end < zone_end) {
      const auto next = in.span_at(span.end);
      INFO(name << " " << to_rfc3339(next.begin));
      REQUIRE(next.begin == span.end);
      REQUIRE(next.shown == span.local(span.end));
      REQUIRE(next.end - next.begin > hours{2 * 27});
      span = next;
    }
  }
}

}  // namespace
}  // namespace keeper
