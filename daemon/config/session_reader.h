// Session reader: the `session` of one plan while it is read. The folder of the plan's provider reads it by
// these functions; each skips silently what the table of keys has found wrong already. One load and one
// thread.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "config/document.h"
#include "config/key_table.h"
#include "config/problems.h"
#include "config/secrets.h"
#include "core/plan.h"

namespace keeper::config {

struct SessionReader {
  const Node& node;  // a map
  Place plan_place;  // where an error is reported of what is not given
  Plan& plan;
  Outside& outside;
  Problems& problems;
  nlohmann::json parameters = nlohmann::json::object();  // what the start sends; becomes plan.parameters

  static long long in_minutes(Millis duration);

  Place place_of(std::string_view key) const;
  // The duration at the key. An error, where it is given and is no whole number of minutes.
  std::optional<Millis> whole_minutes(std::string_view key);
  // Likewise of a key with a default, which holds where nothing is given.
  Millis whole_minutes_or_default(const Section& section, std::string_view key);
  void copy_text(std::string_view from, const char* to);
  // By the key's type, and only if it is given, so that the account's own settings hold for the rest.
  void copy(const Key& key);
  // An error, where both are given.
  void refuse_together(std::string_view key, std::string_view other);
};

}  // namespace keeper::config
