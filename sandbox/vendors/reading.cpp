#include "sandbox/vendors/reading.h"

namespace sandbox {

std::optional<std::int64_t> whole_number(const Json& body, const char* member, std::int64_t otherwise,
                                         std::int64_t least, std::int64_t most) {
  if (!body.contains(member) || body[member].is_null()) return otherwise;
  const Json& value = body[member];
  if (!value.is_number_integer() || value < least || value > most) return std::nullopt;
  return value.get<std::int64_t>();
}

std::optional<Json> object_of(const Json& body, const char* member) {
  if (!body.contains(member) || body[member].is_null()) return Json::object();
  if (!body[member].is_object()) return std::nullopt;
  return body[member];
}

bool holds(const Json& object, const std::string& member, const std::string& value) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() && found->get<std::string>() == value;
}

bool asks_for(const Request& request, const char* parameter, const std::string& word) {
  const auto [begin, end] = request.query.equal_range(parameter);
  if (begin == end) return true;
  for (auto each = begin; each != end; ++each) {
    if (("," + each->second + ",").find("," + word + ",") != std::string::npos) return true;
  }
  return false;
}

std::string time_text(Time time) { return iso_time(time, 3, "Z"); }

Json time_or_null(const std::optional<Time>& time) { return time ? Json(time_text(*time)) : Json(); }

}  // namespace sandbox
