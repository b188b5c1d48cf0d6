#include "config/problems.h"

#include <algorithm>
#include <tuple>

namespace keeper {

std::string_view to_string(Problem::Severity severity) {
  switch (severity) {
    case Problem::Severity::error:
      return "error";
    case Problem::Severity::warning:
      return "warning";
  }
  check_failed("a known severity", __FILE__, __LINE__);
}

std::string to_line(const Problem& problem) {
  return problem.file + ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " +
         std::string(to_string(problem.severity)) + ": " + problem.message;
}

namespace config {

// What `defaults` say is checked once for every plan that takes it: the same words twice help nobody.
void Problems::add(Place place, Problem::Severity severity, std::string message) {
  Problem problem{file_, place.line, place.column, severity, std::move(message)};
  if (std::find(found_.begin(), found_.end(), problem) == found_.end()) found_.push_back(std::move(problem));
}

std::vector<Problem> Problems::sorted() const {
  std::vector<Problem> result = found_;
  std::stable_sort(result.begin(), result.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return result;
}

}  // namespace config
}  // namespace keeper
