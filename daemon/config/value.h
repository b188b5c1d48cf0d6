// Single values: text to a number, a duration, an address and so on, and what is wrong with text that is
// none. Where one of these functions returns empty, fault_of() has the words for it. They keep no state, and
// any thread may call them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/key_table.h"
#include "schedule/schedule.h"
#include "settings/settings.h"

namespace keeper::config {

struct Url {
  std::string text;  // without a trailing slash
  bool secure = false;
  std::string host;
};

std::optional<bool> to_bool(const Node& node);
std::optional<long long> to_integer(const Node& node);
std::optional<double> to_number(const Node& node);
std::optional<double> to_percent(const Node& node);  // over 0, to 100
std::optional<Millis> to_duration(const Node& node);
std::optional<std::int64_t> to_size(const Node& node);  // bytes, at least 1 MiB
std::optional<std::string> to_word(const Node& node, const std::vector<std::string_view>& words);
std::optional<RateLimit> to_rate(const Node& node);
std::optional<Address> to_address(const Node& node);
std::optional<Url> to_url(const Node& node);
std::optional<DateRange> to_date_range(const Node& node);

bool is_ip_address(const std::string& text);

// "127.0.0.1", "::1", "localhost" and the like.
bool is_loopback(const std::string& host);

// Names of plans and providers: they stand in URLs.
bool is_name(std::string_view text);

struct Fault {
  std::string message;  // continues "'key' "
  Place place;
};

// What is wrong with `node` as one of `types`, sections and lists aside. Never shows a secret or a URL.
std::optional<Fault> fault_of(const std::vector<Type>& types, const Node& node);

// "a duration such as 90s, 5m or 1h30m, from 1m to 30m"
std::string expectation(const std::vector<Type>& types);

// The value of a key of a map, where it is there and fine.
inline const Node* value_at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node == nullptr || node->is_null() ? nullptr : node;
}
std::optional<bool> bool_at(const Node& map, std::string_view key);
std::optional<int> int_at(const Node& map, std::string_view key);
std::optional<Millis> duration_at(const Node& map, std::string_view key);
std::optional<std::string> text_at(const Node& map, std::string_view key);  // of a scalar, not empty

// The default of a key that has one, as it would be written in the file.
Node default_of(const Section& section, std::string_view key);

// The value of a key that has a default. Where the map says nothing, or something wrong, it is the default.
bool bool_or_default(const Node& map, const Section& section, std::string_view key);
int int_or_default(const Node& map, const Section& section, std::string_view key);
Millis duration_or_default(const Node& map, const Section& section, std::string_view key);
double percent_or_default(const Node& map, const Section& section, std::string_view key);
Address address_or_default(const Node& map, const Section& section, std::string_view key);
std::string choice_or_default(const Node& map, const Section& section, std::string_view key);

}  // namespace keeper::config
