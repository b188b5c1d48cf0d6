// The files of the time zone database, in both of their forms, and the rule at their end.
#include "schedule/zone_file.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/zone_folder.h"
#include "schedule/schedule_kit.h"

using namespace keeper;
using namespace keeper::kit;

namespace {

using std::chrono::hours;
using std::chrono::sys_seconds;

std::string big_endian(std::int64_t value, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i)
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  return bytes;
}

struct Content {
  std::vector<OffsetChange> changes;  // each has a type of its own; the first one is before all
  std::string footer;
  char version = '2';
  int leaps = 0;
};

std::string block(const Content& content, int width) {
  const auto count = static_cast<std::int64_t>(content.changes.size());
  const std::int64_t times = width == 8 ? count - 1 : 0;
  std::string bytes = "TZif" + std::string(1, content.version) + std::string(15, '\0');
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{0}, std::int64_t{width == 8 ? content.leaps : 0},
                               times, width == 8 ? count : 1, std::int64_t{4}}) {
    bytes += big_endian(n, 4);
  }
  for (std::int64_t i = 1; i <= times; ++i) {
    bytes += big_endian(content.changes[static_cast<std::size_t>(i)].begin.time_since_epoch().count(), width);
  }
  for (std::int64_t i = 1; i <= times; ++i) bytes += static_cast<char>(i);
  for (std::int64_t i = 0; i < (width == 8 ? count : 1); ++i) {
    bytes +=
        big_endian(content.changes[static_cast<std::size_t>(i)].offset.count(), 4) + std::string(2, '\0');
  }
  bytes += std::string("ABC\0", 4);
  if (width == 8) bytes += std::string(static_cast<std::size_t>(content.leaps) * 12, '\0');
  return bytes;
}

std::string file_of(const Content& content) {
  return block(content, 4) + block(content, 8) + "\n" + content.footer + "\n";
}

constexpr std::chrono::year last{2100};

// Berlin as `zic -b slim` writes it, without what was before 1996.
Content slim_berlin() {
  return {{{sys_seconds{}, hours{2}}, {sys_seconds{Seconds{846378000}}, hours{1}}},
          "CET-1CEST,M3.5.0,M10.5.0/3"};
}

// A folder with zone files, which is gone afterwards.
struct Folder {
  Folder() : path((std::filesystem::temp_directory_path() / "keeper-zones-XXXXXX").string()) {
    REQUIRE(::mkdtemp(path.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path file = std::filesystem::path(path) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::string path;
};

std::string changes_of(std::string_view rule, int year) {
  const auto parsed = PosixRule::parse(rule);
  REQUIRE(parsed.ok());
  std::string text;
  for (const OffsetChange& change : parsed->changes_in(std::chrono::year{year})) {
    text += to_rfc3339(Wall{change.begin}).substr(0, 16) + " " + std::to_string(change.offset.count() / 60) +
            "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("every zone of this machine is read as the C library reads it, far beyond 2037") {
  const std::string folder = system_zone_folder();
  int zones = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (!entry.is_regular_file() || name.starts_with("right/") || name.starts_with("posix/")) continue;
    const auto found = Zone::find(name);
    if (!found.ok()) continue;
    ++zones;
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
    INFO(name);
    int wrong = 0;
    // A prime number of hours, so that all times of the day come up.
    for (Wall t{hours{24 * 30}}; t < utc("2099-06-01T00:00"); t += hours{1013}) {
      const std::time_t second = std::chrono::floor<Seconds>(t).time_since_epoch().count();
      std::tm local{};
      ::localtime_r(&second, &local);
      if (local.tm_gmtoff != found->offset_at(t).count()) ++wrong;
    }
    CHECK(wrong == 0);
  }
  ::unsetenv("TZ");
  ::tzset();
  CHECK(zones > 300);
}

TEST_CASE("the slim form says by its last line what the fat form lists") {
  const auto changes = read_zone_file(file_of(slim_berlin()), last);
  REQUIRE(changes.ok());
  CHECK((*changes)[2] == OffsetChange{std::chrono::floor<Seconds>(utc("1997-03-30T01:00")), hours{2}});
  const Folder folder;
  folder.write("Europe/Berlin", file_of(slim_berlin()));
  const ZoneSnapshot snapshot(folder.path);
  const Zone berlin = Zone::find("Europe/Berlin").value();
  CHECK(to_rfc3339(utc("2026-12-01T08:00"), berlin) == "2026-12-01T09:00:00+01:00");
  CHECK(to_rfc3339(utc("2026-07-01T08:00"), berlin) == "2026-07-01T10:00:00+02:00");
  CHECK(to_rfc3339(utc("2050-07-01T08:00"), berlin) == "2050-07-01T10:00:00+02:00");
  CHECK(cron("30 2 * * *").next(utc("2050-03-27T00:30"), berlin) == utc("2050-03-27T01:00"));
}

TEST_CASE(
    "a rule says its changes by month, week and weekday, by the day of the year, and outside of the day") {
  CHECK(changes_of("CET-1CEST,M3.5.0,M10.5.0/3", 2050) == "2050-03-27T01:00 120\n2050-10-30T01:00 60\n");
  CHECK(changes_of("EST5EDT,M3.2.0,M11.1.0", 2027) == "2027-03-14T07:00 -240\n2027-11-07T06:00 -300\n");
  CHECK(changes_of("NZST-12NZDT,M9.5.0,M4.1.0/3", 2027) == "2027-04-03T14:00 720\n2027-09-25T14:00 780\n");
  CHECK(changes_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2027) ==
        "2027-03-28T01:00 -60\n2027-10-31T01:00 -120\n");
  CHECK(changes_of("IST-2IDT,M3.4.4/26,M10.5.0", 2027) == "2027-03-26T00:00 180\n2027-10-30T23:00 120\n");
  CHECK(changes_of("IST-1GMT0,M10.5.0,M3.5.0/1", 2027) == "2027-03-28T01:00 60\n2027-10-31T01:00 0\n");
  CHECK(changes_of("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2027) ==
        "2027-04-03T15:00 630\n2027-10-02T15:30 660\n");
  CHECK(changes_of("AAA0BBB,J60/0,J300/0", 2028) == "2028-03-01T00:00 60\n2028-10-26T23:00 0\n");
  CHECK(changes_of("AAA0BBB,59/0,300/0", 2028) == "2028-02-29T00:00 60\n2028-10-26T23:00 0\n");
  CHECK(changes_of("<+0545>-5:45", 2027).empty());
}

TEST_CASE("what is no rule is refused") {
  for (const char* wrong :
       {"", "A", "CET", "CET-", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,M3.5.0,M10.5.0x", "CET-1CEST,J0,J366", "CET-25", "<CET-1", "CET-1CEST,366,1"}) {
    INFO(wrong);
    CHECK_FALSE(PosixRule::parse(wrong).ok());
  }
}

TEST_CASE(
    "a file that is damaged, of the first version or with leap seconds is refused, and cut anywhere it is "
    "too") {
  const std::string good = file_of(slim_berlin());
  REQUIRE(read_zone_file(good, last).ok());
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(read_zone_file(good.substr(0, size), last).ok());
  Content content = slim_berlin();
  content.version = '\0';
  CHECK_FALSE(read_zone_file(file_of(content), last).ok());
  content = slim_berlin();
  content.leaps = 1;
  CHECK_FALSE(read_zone_file(file_of(content), last).ok());
  content = slim_berlin();
  content.changes.push_back({sys_seconds{Seconds{5}}, hours{3}});
  CHECK_FALSE(read_zone_file(file_of(content), last).ok());
  content = slim_berlin();
  for (const char* wrong : {"nonsense", "MSK-3"}) {
    content.footer = wrong;
    CHECK_FALSE(read_zone_file(file_of(content), last).ok());
  }
  content = slim_berlin();
  content.changes.back().offset = hours{27};
  CHECK_FALSE(read_zone_file(file_of(content), last).ok());
}

TEST_CASE(
    "a snapshot has one answer for a name, the next one reads the files anew, and a zone keeps its rules") {
  const Folder folder;
  folder.write("Europe/Berlin", file_of(slim_berlin()));
  folder.write("Alias", file_of(slim_berlin()));
  const Content changed{{{sys_seconds{}, hours{5}}}, "<+05>-5"};
  const Wall summer = utc("2026-07-01T08:00");
  std::optional<Zone> old;
  {
    const ZoneSnapshot snapshot(folder.path);
    old = Zone::find("Europe/Berlin").value();
    folder.write("Europe/Berlin", file_of(changed));
    CHECK(Zone::find("Europe/Berlin").value() == *old);
  }
  const ZoneSnapshot snapshot(folder.path);
  const Zone fresh = Zone::find("Europe/Berlin").value();
  CHECK(old->offset_at(summer) == hours{2});
  CHECK(fresh.offset_at(summer) == hours{5});
  CHECK_FALSE(fresh == *old);
  CHECK(fresh.rules() != old->rules());
  CHECK(Zone::find("Alias").value().rules() == old->rules());
  Schedule::Spec spec = starting("0 9 * * *");
  spec.zone = *old;
  const std::string before = made(spec).fingerprint();
  spec.zone = fresh;
  CHECK(made(spec).fingerprint() != before);
}

TEST_CASE("names that are no zones, and folders without any, are told apart") {
  const Folder folder;
  {
    const ZoneSnapshot snapshot(folder.path);
    CHECK(Zone::find("Europe/Berlin").error().kind == ErrorKind::storage);
  }
  folder.write("Europe/Berlin", file_of(slim_berlin()));
  folder.write("zone.tab", "a list");
  folder.write("Asia/Tokyo", "TZif2 and no more");
  const ZoneSnapshot snapshot(folder.path);
  for (const char* wrong :
       {"zone.tab", "../Europe/Berlin", "Europe", "Europe/", "/Europe/Berlin", "Europe//Berlin"}) {
    INFO(wrong);
    CHECK(Zone::find(wrong).error().kind == ErrorKind::malformed);
  }
  CHECK(Zone::find("europe/berlin").error().what.find("did you mean Europe/Berlin?") != std::string::npos);
  CHECK(Zone::find("Asia/Tokyo").error().kind == ErrorKind::storage);
}
