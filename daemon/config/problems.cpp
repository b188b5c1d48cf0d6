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
  if (place.file == 0) place.file = current_;
  if (!known_.insert({place.file, place.line, place.column, message}).second) return;
  found_.push_back(
      {files_[static_cast<std::size_t>(place.file)], place.line, place.column, severity, std::move(message)});
}

std::vector<Problem> Problems::sorted() const {
  std::vector<Problem> result = found_;
  const auto order = [this](const Problem& problem) {
    const bool is_of_description = problem.file != files_.front();
    return std::tuple(is_of_description, is_of_description ? problem.file : "", problem.line, problem.column);
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const Problem& a, const Problem& b) { return order(a) < order(b); });
  if (unshown_ > 0) {
    result.push_back({files_.front(), 0, 0, Problem::Severity::error,
                      std::to_string(unshown_) + " further complaints are not shown: mend these first"});
  }
  return result;
}

}  // namespace config
}  // namespace keeper
