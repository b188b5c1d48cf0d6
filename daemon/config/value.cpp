#include "config/value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstring>

#include "base/check.h"

namespace keeper::config {
namespace {

bool is_plain(const Node& node) { return node.is_scalar() && !node.quoted; }

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> parse_port(std::string_view text) {
  if (!is_digits(text)) return std::nullopt;
  const auto port = parse_whole<int>(text);
  return port && *port <= 65535 ? port : std::nullopt;
}

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};

constexpr std::array<Unit, 9> units{{{"B", 1},
                                     {"KB", 1'000},
                                     {"MB", 1'000'000},
                                     {"GB", 1'000'000'000},
                                     {"TB", 1'000'000'000'000},
                                     {"KiB", std::int64_t{1} << 10U},
                                     {"MiB", std::int64_t{1} << 20U},
                                     {"GiB", std::int64_t{1} << 30U},
                                     {"TiB", std::int64_t{1} << 40U}}};
constexpr std::int64_t size_min = std::int64_t{1} << 20U;
constexpr std::int64_t size_max = std::int64_t{1} << 60U;

bool is_ip(const std::string& host) {
  in6_addr room{};
  return inet_pton(AF_INET, host.c_str(), &room) == 1 || inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

std::optional<int> to_int(const Node& node) {
  const auto value = to_integer(node);
  if (!value || *value < INT_MIN || *value > INT_MAX) return std::nullopt;
  return static_cast<int>(*value);
}

// The map's value where it is there and fine, else the default.
template <class Parse>
auto value_or_default(const Node& map, const Section& section, std::string_view key, Parse parse) {
  const Node* given = value_at(map, key);
  const auto value = given != nullptr ? parse(*given) : std::nullopt;
  return value ? *value : *parse(default_of(section, key));
}

struct HostPort {
  std::string host;
  std::optional<std::string_view> port;
};

std::optional<HostPort> split_host(std::string_view text) {
  HostPort result;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    if (result.host.find(':') == std::string::npos || !is_ip(result.host)) return std::nullopt;
    text.remove_prefix(end + 1);
    if (text.empty()) return result;
    if (!text.starts_with(':')) return std::nullopt;
    result.port = text.substr(1);
    return result;
  }
  const std::size_t colon = text.find(':');
  result.host = text.substr(0, colon);
  if (!is_host_name(result.host)) return std::nullopt;
  if (colon != std::string_view::npos) result.port = text.substr(colon + 1);
  return result;
}

}  // namespace

std::optional<bool> to_bool(const Node& node) {
  if (!is_plain(node)) return std::nullopt;
  for (const std::string_view word : {"true", "True", "TRUE", "on", "On", "ON", "yes", "Yes", "YES"}) {
    if (node.text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "off", "Off", "OFF", "no", "No", "NO"}) {
    if (node.text == word) return false;
  }
  return std::nullopt;
}

std::optional<long long> to_integer(const Node& node) {
  if (!is_plain(node)) return std::nullopt;
  return parse_whole<long long>(node.text);
}

std::optional<double> to_number(const Node& node) {
  if (!is_plain(node) || node.text.empty()) return std::nullopt;
  const bool plain = std::all_of(node.text.begin(), node.text.end(),
                                 [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return plain ? parse_whole<double>(node.text) : std::nullopt;
}

std::optional<Millis> to_duration(const Node& node) {
  if (!node.is_scalar() || is_digits(node.text)) return std::nullopt;
  return parse_duration(node.text);
}

std::optional<std::int64_t> to_size(const Node& node) {
  const std::string_view text = node.text;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_whole<std::int64_t>(text.substr(0, digits));
  const auto* unit = std::find_if(units.begin(), units.end(),
                                  [&](const Unit& one) { return one.name == text.substr(digits); });
  if (!node.is_scalar() || !count || unit == units.end() || *count > size_max / unit->bytes)
    return std::nullopt;
  const std::int64_t bytes = *count * unit->bytes;
  return bytes >= size_min ? std::optional(bytes) : std::nullopt;
}

std::optional<std::string> to_word(const Node& node, const std::vector<std::string_view>& words) {
  if (!node.is_scalar()) return std::nullopt;
  const auto known = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (known(node.text)) return node.text;
  if (known("off") && to_bool(node) == std::optional(false)) return "off";
  return std::nullopt;
}

std::optional<RateLimit> to_rate(const Node& node) {
  const std::size_t slash = node.text.find('/');
  if (!node.is_scalar() || slash == std::string::npos) return std::nullopt;
  const std::string_view text = node.text;
  const auto calls = parse_whole<int>(text.substr(0, slash));
  const auto window = parse_duration(text.substr(slash + 1));
  if (!calls || *calls < 1 || *calls > 1'000'000) return std::nullopt;
  if (!window || *window < Seconds{1} || *window > std::chrono::days{1}) return std::nullopt;
  return RateLimit{*calls, *window};
}

std::optional<Address> to_address(const Node& node) {
  if (!node.is_scalar()) return std::nullopt;
  const auto parts = split_host(node.text);
  if (!parts || !parts->port || (!is_ip(parts->host) && parts->host != "localhost")) return std::nullopt;
  const auto port = parse_port(*parts->port);
  if (!port) return std::nullopt;
  return Address{parts->host, *port};
}

std::optional<Url> to_url(const Node& node) {
  if (!node.is_scalar()) return std::nullopt;
  Url url;
  url.text = node.text;
  while (url.text.ends_with('/')) url.text.pop_back();
  std::string_view rest = url.text;
  if (rest.starts_with("https://")) {
    url.secure = true;
    rest.remove_prefix(std::strlen("https://"));
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(std::strlen("http://"));
  } else {
    return std::nullopt;
  }
  const bool clean = std::all_of(rest.begin(), rest.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '#' && c != '?' && c != '@' && c != '\\' && c != '"';
  });
  const auto parts = split_host(rest.substr(0, rest.find('/')));
  if (!clean || !parts) return std::nullopt;
  if (parts->port && parse_port(*parts->port).value_or(0) == 0) return std::nullopt;
  url.host = parts->host;
  return url;
}

std::optional<double> to_percent(const Node& node) {
  if (!node.is_scalar() || !node.text.ends_with('%')) return std::nullopt;
  Node number = node;
  number.text.pop_back();
  const auto value = to_number(number);
  return value && *value > 0 && *value <= 100 ? value : std::nullopt;
}

std::optional<DateRange> to_date_range(const Node& node) {
  if (!node.is_scalar()) return std::nullopt;
  const std::string_view text = node.text;
  std::string_view first = text;
  std::string_view last = text;
  for (const std::string_view separator : {"/", ".."}) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) continue;
    first = text.substr(0, at);
    last = text.substr(at + separator.size());
    break;
  }
  const auto begin = parse_date(first);
  const auto end = parse_date(last);
  if (!begin || !end || *end < *begin) return std::nullopt;
  return DateRange{*begin, *end};
}

bool is_ip_address(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127U;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_name(std::string_view text) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 64 && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::optional<bool> bool_at(const Node& map, std::string_view key) {
  const Node* node = value_at(map, key);
  return node != nullptr ? to_bool(*node) : std::nullopt;
}

std::optional<int> int_at(const Node& map, std::string_view key) {
  const Node* node = value_at(map, key);
  return node != nullptr ? to_int(*node) : std::nullopt;
}

std::optional<Millis> duration_at(const Node& map, std::string_view key) {
  const Node* node = value_at(map, key);
  return node != nullptr ? to_duration(*node) : std::nullopt;
}

Node default_of(const Section& section, std::string_view key) {
  const Key* known = section.find(key);
  KEEPER_CHECK(known != nullptr && !known->preset.empty());
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::string(known->preset);
  return node;
}

bool bool_or_default(const Node& map, const Section& section, std::string_view key) {
  return value_or_default(map, section, key, to_bool);
}

int int_or_default(const Node& map, const Section& section, std::string_view key) {
  return value_or_default(map, section, key, to_int);
}

Millis duration_or_default(const Node& map, const Section& section, std::string_view key) {
  return value_or_default(map, section, key, to_duration);
}

double percent_or_default(const Node& map, const Section& section, std::string_view key) {
  return value_or_default(map, section, key, to_percent);
}

Address address_or_default(const Node& map, const Section& section, std::string_view key) {
  return value_or_default(map, section, key, to_address);
}

std::string choice_or_default(const Node& map, const Section& section, std::string_view key) {
  const std::vector<std::string_view>& words = section.find(key)->types.front().words;
  return value_or_default(map, section, key, [&](const Node& node) { return to_word(node, words); });
}

std::optional<std::string> text_at(const Node& map, std::string_view key) {
  const Node* node = value_at(map, key);
  if (node == nullptr || !node->is_scalar() || node->text.empty()) return std::nullopt;
  return node->text;
}

}  // namespace keeper::config
