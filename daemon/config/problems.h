// Problems: collects what is wrong with the configuration and the descriptions it uses, each problem with its
// place and only once. After the first thousand it counts the rest. One load owns an object, and no other
// thread uses it.
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
  int file = 0;  // 0: the configuration; else what Problems::add_file gave
  bool operator==(const Place&) const = default;
};

class Problems {
 public:
  explicit Problems(std::string file) : files_{std::move(file)} {}

  // A further file that is read: for the places in it.
  int add_file(std::string name) {
    files_.push_back(std::move(name));
    return static_cast<int>(files_.size()) - 1;
  }
  // While it lives, a place without a file is one of this file.
  class Reading {
   public:
    Reading(Problems& problems, int file) : problems_(problems) { problems_.current_ = file; }
    ~Reading() { problems_.current_ = 0; }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    Problems& problems_;
  };

  void error(Place place, std::string message) {
    add(place, Problem::Severity::error, std::move(message));
    ++errors_;
  }
  void warning(Place place, std::string message) {
    add(place, Problem::Severity::warning, std::move(message));
  }

  int errors() const { return errors_; }

  // In the order of the file; those of descriptions come last.
  std::vector<Problem> sorted() const;

 private:
  void add(Place place, Problem::Severity severity, std::string message);

  std::vector<std::string> files_;  // the configuration first
  int current_ = 0;
  std::vector<Problem> found_;
  std::set<std::tuple<int, int, int, std::string>> known_;  // file, line, column, message
  int errors_ = 0;
  int unshown_ = 0;
};

}  // namespace keeper::config
