#include "provider/answer_json.h"

#include <charconv>
#include <cmath>

namespace keeper {
namespace {

constexpr std::size_t id_bytes_max = 512;

// In each unit a count from here on is of the years 1973 to 5138; a smaller one is too small to tell its
// unit.
constexpr double epoch_count_min = 1e8;
constexpr double epoch_seconds_end = 1e11;

std::optional<Wall> epoch_time(double count) {
  if (!(count >= epoch_count_min)) return std::nullopt;
  for (const double per_second : {1.0, 1e3, 1e6, 1e9}) {
    const bool is_unit = count < epoch_seconds_end * per_second;
    if (is_unit) return Wall{Millis{std::llround(count * (1e3 / per_second))}};
  }
  return std::nullopt;
}

std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  if (text.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(number) : std::nullopt;
}

}  // namespace

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::optional<Json> parse_json(std::string_view text) {
  std::string room;
  text = mended_json(text, &room);
  if (has_nul(text)) return std::nullopt;
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

std::optional<Wall> time_at(const Json& object, const char* name) { return time_in(member(object, name)); }

std::optional<Wall> time_in(const Json& value) {
  if (const auto number = number_in(value)) return epoch_time(*number);
  const auto time = value.is_string() ? parse_time(value.get_ref<const std::string&>()) : std::nullopt;
  return time && *time > Wall{} ? time : std::nullopt;
}

bool is_no_time(const Json& value) {
  if (value.is_null() || value == Json("") || value == Json(0)) return true;
  const auto time = value.is_string() ? parse_time(value.get_ref<const std::string&>()) : std::nullopt;
  return time && *time <= Wall{};
}

std::string id_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? value.dump() : std::string{};
}

RemoteId plain_id(std::string_view text) {
  const bool plain = !text.empty() && text.size() <= id_bytes_max && !has_nul(text) &&
                     text.find(not_text) == std::string_view::npos && text != "." && text != "..";
  return plain ? RemoteId{std::string(text)} : RemoteId{};
}

RemoteId id_at(const Json& object, const char* name) { return plain_id(id_text(member(object, name))); }

RemoteId normalised_id(std::string_view text) {
  constexpr std::string_view prefix = "session-";
  while (text.substr(0, prefix.size()) == prefix) text.remove_prefix(prefix.size());
  return plain_id(text);
}

}  // namespace keeper
