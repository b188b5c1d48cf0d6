#include "provider/described/call_template.h"

#include "base/text.h"
#include "provider/described/marks.h"
#include "provider/tag.h"

namespace keeper {
namespace {

constexpr std::string_view cursor_mark = "{cursor}";
constexpr std::string_view parameters_mark = "{parameters}";

class Filling {
 public:
  Filling(const Description& description, const Secret& api_key, const Effect& effect, const PagePlace& place)
      : description_(description), api_key_(api_key), effect_(effect), place_(place) {}

  std::string text(std::string_view text, bool for_url) const {
    std::string filled;
    std::size_t from = 0;
    for (const Mark& mark : marks_in(text)) {
      filled += text.substr(from, mark.at - from);
      const auto value = value_of(mark.name);
      const std::string whole(text.substr(mark.at, mark.size));
      filled += !value ? whole : for_url ? encode_percent(*value) : *value;
      from = mark.at + mark.size;
    }
    return filled + std::string(text.substr(from));
  }

  std::string path(std::string_view path) const { return text(without_empty_cursor(path), true); }

  Headers headers(const Headers& of_call) const {
    Headers filled;
    for (const auto& [name, value] : description_.headers) filled[name] = text(value, false);
    for (const auto& own : of_call) {
      std::erase_if(filled, [&](const auto& other) { return equal_ignoring_case(other.first, own.first); });
      filled[own.first] = text(own.second, false);
    }
    return filled;
  }

  // The template's depth is bounded by the reader of the configuration.
  void fill(Json& value) const {
    if (value.is_object() && place_.cursor.empty()) {
      for (auto item = value.begin(); item != value.end();) {
        item = *item == Json(cursor_mark) ? value.erase(item) : std::next(item);
      }
    }
    const bool takes_parameters = value.is_object() && value.erase(std::string(parameters_mark)) > 0;
    if (value.is_structured()) {
      for (Json& item : value) fill(item);
    } else if (value.is_string()) {
      value = filled_text(value.get<std::string>());
    }
    if (!takes_parameters) return;
    const Json taken = parameters();
    if (taken.is_object()) value.insert(taken.begin(), taken.end());
  }

 private:
  std::optional<std::string> value_of(std::string_view mark) const {
    if (mark == "id") return effect_.remote.str();
    if (mark == "session") return effect_.session.str();
    if (mark == "session_uuid") return start_uuid(effect_.instance, effect_.session);
    if (mark == "plan") return effect_.plan.str();
    if (mark == "instance") return effect_.instance.str();
    if (mark == "api_key") return api_key_.reveal();
    if (mark == "cursor") return place_.cursor;
    if (const auto number = number_of(mark)) return std::to_string(*number);
    const auto secret = description_.credentials.find(std::string(credential_of(mark)));
    return secret == description_.credentials.end() ? std::nullopt : std::optional(secret->second.reveal());
  }

  std::optional<std::int64_t> number_of(std::string_view mark) const {
    if (mark == "page") return static_cast<std::int64_t>(place_.page);
    if (mark == "offset") return static_cast<std::int64_t>(place_.offset);
    if (mark == "seconds" && description_.extension) return description_.extension->by / Millis{Seconds{1}};
    const auto ahead = ahead_of_now(mark);
    if (!ahead) return std::nullopt;
    return std::chrono::duration_cast<Seconds>((wall_now() + *ahead).time_since_epoch()).count();
  }

  Json parameters() const { return parse_json(effect_.parameters).value_or(Json::object()); }

  Json filled_text(const std::string& whole) const {
    const std::vector<Mark> marks = marks_in(whole);
    const bool is_alone = marks.size() == 1 && marks.front().size == whole.size();
    if (!is_alone) return text(whole, false);
    const std::string_view mark = marks.front().name;
    if (mark == "parameters") return parameters();
    if (const auto number = number_of(mark)) return *number;
    return text(whole, false);
  }

  std::string without_empty_cursor(std::string_view path) const {
    const std::size_t query = path.find('?');
    if (!place_.cursor.empty() || query == std::string_view::npos) return std::string(path);
    std::string kept;
    for (std::size_t at = query + 1; at <= path.size();) {
      const std::size_t end = std::min(path.find('&', at), path.size());
      const std::string_view parameter = path.substr(at, end - at);
      const bool is_cursor = parameter.ends_with(cursor_mark) &&
                             parameter.find('=') + 1 == parameter.size() - cursor_mark.size();
      if (!is_cursor) kept += (kept.empty() ? "?" : "&") + std::string(parameter);
      at = end + 1;
    }
    return std::string(path.substr(0, query)) + kept;
  }

  const Description& description_;
  const Secret& api_key_;
  const Effect& effect_;
  const PagePlace& place_;
};

}  // namespace

ProviderCall filled_call(const Description& description, const Secret& api_key, Purpose purpose,
                         const DescribedCall& described, const Effect& effect, const PagePlace& place) {
  const Filling filling(description, api_key, effect, place);
  ProviderCall call{purpose, described.method, filling.path(described.path)};
  for (auto& [name, value] : filling.headers(described.headers)) call.headers.emplace_back(name, value);
  if (described.body.empty()) return call;
  Json body = parse_json(described.body).value_or(Json::object());
  filling.fill(body);
  call.body = json_text(body);
  return call;
}

Status add_tag(const std::string& pointer, const Effect& effect, ProviderCall& call) {
  if (pointer.empty()) return Done{};
  try {
    Json body = parse_json(call.body).value_or(Json::object());
    body[Json::json_pointer(pointer)] = start_tag(effect.instance, effect.session);
    call.body = json_text(body);
    return Done{};
  } catch (const Json::exception&) {
    return Error{ErrorKind::denied, effect.provider.str() + ": tag_in_start, " + pointer +
                                        ", leads through something that is no object in the start's body"};
  }
}

}  // namespace keeper
