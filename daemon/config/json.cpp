#include "config/json.h"

#include <charconv>
#include <cmath>

namespace keeper::config {
namespace {

template <class T>
std::optional<T> parse_whole(const std::string& text) {
  T value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A leading zero marks a code, not a number.
bool looks_like_number(const std::string& text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.find_first_not_of("0123456789.eE+-") != std::string::npos || text.size() == sign) return false;
  const bool leading_zero = text.size() > sign + 1 && text[sign] == '0' && text[sign + 1] != '.';
  return text[sign] >= '0' && text[sign] <= '9' && !leading_zero;
}

Json scalar(const Node& node) {
  const std::string& text = node.text;
  if (node.quoted) return text;
  if (text == "null" || text == "Null" || text == "NULL" || text == "~" || text.empty()) return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (!looks_like_number(text)) return text;
  if (const auto whole = parse_whole<long long>(text)) return *whole;
  const auto number = parse_whole<double>(text);
  return number && std::isfinite(*number) ? Json(*number) : Json(text);
}

}  // namespace

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return scalar(node);
    case Node::Kind::list: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::map: {
      Json map = Json::object();
      for (const Entry& entry : node.entries) map[entry.key] = to_json(entry.value);
      return map;
    }
  }
  check_failed("a known kind", __FILE__, __LINE__);
}

}  // namespace keeper::config
