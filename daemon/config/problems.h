// Problems: collects what is wrong with one file, each problem with its place and only once. After the first
// thousand it counts the rest. One load owns an object, and no other thread uses it.
#pragma once

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/config.h"

namespace keeper::config {

struct Place {
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void error(Place place, std::string message) {
    add(place, Problem::Severity::error, std::move(message));
    ++errors_;
  }
  void warning(Place place, std::string message) {
    add(place, Problem::Severity::warning, std::move(message));
  }

  int errors() const { return errors_; }

  // In the order of the file.
  std::vector<Problem> sorted() const;

 private:
  void add(Place place, Problem::Severity severity, std::string message);

  std::string file_;
  std::vector<Problem> found_;
  std::set<std::tuple<int, int, std::string>> known_;  // line, column, message
  int errors_ = 0;
  int unshown_ = 0;
};

}  // namespace keeper::config
