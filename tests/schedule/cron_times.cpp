// Reads lines "milliseconds<TAB>zone<TAB>expression"; writes for each the next ten times as a JSON array of
// milliseconds, or "error: ..." with what is wrong. For comparing with another implementation.
#include <iostream>
#include <sstream>

#include "schedule/cron.h"

using namespace keeper;

namespace {

std::string answer(const std::string& line) {
  std::istringstream fields(line);
  std::string from, zone_name, expression;
  if (!std::getline(fields, from, '\t') || !std::getline(fields, zone_name, '\t') ||
      !std::getline(fields, expression)) {
    return "error: three fields are needed";
  }
  const Result<Zone> zone = Zone::find(zone_name);
  if (!zone) return "error: " + zone.error().what;
  const auto parsed = Cron::parse(expression);
  if (const auto* problem = std::get_if<CronProblem>(&parsed)) return "error: " + problem->message;
  std::string list;
  auto at = std::get<Cron>(parsed).next(Wall{Millis{std::stoll(from)}}, *zone);
  for (int n = 0; n < 10 && at; ++n, at = std::get<Cron>(parsed).next(*at, *zone)) {
    list += (list.empty() ? "" : ",") + std::to_string(at->time_since_epoch().count());
  }
  return "[" + list + "]";
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line) << "\n";
}
