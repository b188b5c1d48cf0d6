#include "provider/answer_json.h"

#include <algorithm>

namespace keeper {
namespace {

// How deep a JSON text nests, if it is one.
std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
    }
  }
  return deepest;
}

}  // namespace

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::optional<Json> parse_json(std::string_view text) {
  if (has_nul(text) || depth_of(text) > json_depth_max) return std::nullopt;
  Json value = Json::parse(text.begin(), text.end(), nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::string json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& member(const Json& object, const char* name) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::optional<std::string> text_at(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

std::optional<std::int64_t> integer_at(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

std::optional<Wall> time_at(const Json& object, const char* name) {
  const auto text = text_at(object, name);
  return text ? parse_time(*text) : std::nullopt;
}

RemoteId plain_id(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20U && byte != 0x7fU;
  });
  if (text.empty() || text.size() > 200 || !plain) return RemoteId{};
  return RemoteId{std::string(text)};
}

RemoteId normalised_id(std::string_view text) {
  constexpr std::string_view prefix = "session-";
  while (text.substr(0, prefix.size()) == prefix) text.remove_prefix(prefix.size());
  return plain_id(text);
}

}  // namespace keeper
