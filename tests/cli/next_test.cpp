// What `next` prints for the days of 2027 on which clocks change, held to a table that was checked by hand
// against cron(8)'s rule: a fixed time that is skipped comes right after the gap, one that is shown twice
// comes once, and what begins with * follows elapsed time. KEEPER_UPDATE_GOLDEN=1 writes the table anew.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/offline.h"

#include "catch.h"

using namespace keeper;

namespace {

struct Day {
  const char* what;
  const char* zone;
  const char* from;
  const char* fixed;
  const char* elapsed;
};

std::string table_of(const Day& day) {
  std::ostringstream out;
  for (const char* cron : {day.fixed, day.elapsed}) {
    NextRequest request;
    request.cron = cron;
    request.time_zone = day.zone;
    request.from = day.from;
    request.count = cron == day.fixed ? 3 : 8;
    std::ostringstream table;
    CHECK(show_next(request, Terminal{table, out, 80, false, {}}) == 0);
    out << "# " << day.zone << ", " << day.what << ": " << cron << "\n" << table.str() << "\n";
  }
  return out.str();
}

}  // namespace

TEST_CASE("what next prints for the days of 2027 on which clocks change stands in the table") {
  const Day days[] = {
      {"an hour is skipped at 2:00", "Europe/Berlin", "2027-03-27T12:00", "30 2 * * *", "*/30 1-3 * * *"},
      {"an hour comes twice from 2:00", "Europe/Berlin", "2027-10-30T12:00", "30 2 * * *", "*/30 1-3 * * *"},
      {"an hour is skipped at 2:00", "America/New_York", "2027-03-13T12:00", "30 2 * * *", "*/30 1-3 * * *"},
      {"an hour comes twice from 1:00", "America/New_York", "2027-11-06T12:00", "30 1 * * *",
       "*/30 0-2 * * *"},
      {"half an hour comes twice from 1:30", "Australia/Lord_Howe", "2027-04-03T12:00", "45 1 * * *",
       "*/30 1-2 * * *"},
      {"half an hour is skipped at 2:00", "Australia/Lord_Howe", "2027-10-02T12:00", "15 2 * * *",
       "*/30 1-2 * * *"},
      {"an hour is skipped at midnight", "Africa/Cairo", "2027-04-29T12:00", "30 0 * * *",
       "*/30 0,1,23 * * *"},
      {"an hour comes twice from 23:00", "Africa/Cairo", "2027-10-28T12:00", "30 23 * * *",
       "*/30 0,22,23 * * *"},
      {"no change since 2021", "Pacific/Apia", "2027-04-03T12:00", "30 3 * * *", "*/30 2-4 * * *"},
      {"a whole day was skipped in 2011", "Pacific/Apia", "2011-12-29T12:00", "0 9 * * *", "0 */12 * * *"},
  };
  std::string found;
  for (const Day& day : days) found += table_of(day);
  const std::string path = std::string(KEEPER_SOURCE_DIR) + "/tests/golden/next/changing_days.txt";
  if (std::getenv("KEEPER_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << found;
  std::ifstream file(path);
  CHECK(found == std::string{std::istreambuf_iterator<char>(file), {}});
}
