// Reads the parameters of one request. Each read checks one parameter. After all reads complaint() says what
// was wrong first: a bad value, a parameter that is given twice, or one that nobody read.
//
// One thread for each reader.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/model.h"

namespace keeper {

using Parameters = std::multimap<std::string, std::string>;

class QueryReader {
 public:
  static constexpr std::int64_t limit_default = 100;
  static constexpr std::int64_t limit_max = 1000;

  explicit QueryReader(const Parameters& parameters) : parameters_(parameters) {}

  // An empty value counts as not given.
  std::optional<std::string> text(const std::string& name);
  template <class IdType>
  std::optional<IdType> id(const std::string& name) {
    auto found = text(name);
    return found ? std::optional<IdType>(IdType(std::move(*found))) : std::nullopt;
  }
  std::optional<std::int64_t> number(const std::string& name, std::int64_t min, std::int64_t max);
  int limit(const std::string& name = "limit", std::int64_t otherwise = limit_default);
  std::optional<std::int64_t> cursor(const std::string& name);
  std::optional<Wall> time(const std::string& name);
  std::optional<State> state(const std::string& name);
  std::optional<Disposition> disposition(const std::string& name);
  void complain(std::string what);

  // Call it after all reads. Empty if the query is good.
  std::string complaint() const;

 private:
  const std::string* find(const std::string& name);

  const Parameters& parameters_;
  std::set<std::string> read_;
  std::string complaint_;
};

// A decimal number of digits alone that fits into int64.
std::optional<std::int64_t> parse_number(std::string_view text);

}  // namespace keeper
