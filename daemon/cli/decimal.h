// A check of an option's value: a whole number in decimal digits, also with zeros before it, which CLI11
// would read as octal.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

namespace keeper {

inline CLI::Validator decimal() {
  return CLI::Validator(
      [](std::string& text) {
        if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
          return std::string("must be a whole number");
        text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
        return std::string();
      },
      "");
}

}  // namespace keeper
