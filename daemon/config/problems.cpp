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
  constexpr std::size_t shown_max = 1000;
  if (found_.size() == shown_max) {
    ++unshown_;
    return;
  }
  if (!known_.insert({place.line, place.column, message}).second) return;
  found_.push_back({file_, place.line, place.column, severity, std::move(message)});
}

std::vector<Problem> Problems::sorted() const {
  std::vector<Problem> result = found_;
  std::stable_sort(result.begin(), result.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (unshown_ > 0) {
    result.push_back({file_, 0, 0, Problem::Severity::error,
                      std::to_string(unshown_) + " further complaints are not shown: mend these first"});
  }
  return result;
}

}  // namespace config
}  // namespace keeper
