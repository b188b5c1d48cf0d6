#include "provider/described/call_template.h"

#include "base/text.h"
#include "provider/tag.h"

namespace keeper {
namespace {

constexpr const char* parameters_mark = "{parameters}";
constexpr const char* seconds_mark = "{seconds}";

std::string replaced(std::string text, std::string_view mark, const std::string& value) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

std::string filled(std::string text, const Effect& effect, bool for_url) {
  const auto fill = [&](std::string_view mark, const std::string& value) {
    text = replaced(std::move(text), mark, for_url ? encode_percent(value) : value);
  };
  fill("{id}", effect.remote.str());
  fill("{session}", effect.session.str());
  fill("{plan}", effect.plan.str());
  fill("{instance}", effect.instance.str());
  return text;
}

// The template's depth is bounded by the reader of the configuration.
void fill_texts(Json& value, const Description& description, const Effect& effect) {
  if (value.is_structured()) {
    for (Json& item : value) fill_texts(item, description, effect);
  } else if (value == Json(parameters_mark)) {
    value = parse_json(effect.parameters).value_or(Json::object());
  } else if (value == Json(seconds_mark) && description.extension) {
    value = description.extension->by / Millis{Seconds{1}};
  } else if (value.is_string()) {
    value = filled(value.get<std::string>(), effect, false);
  }
}

}  // namespace

ProviderCall filled_call(const Description& description, const Secret& api_key, Purpose purpose,
                         const DescribedCall& described, const Effect& effect, int page) {
  ProviderCall call{purpose, described.method,
                    replaced(filled(described.path, effect, true), "{page}", std::to_string(page))};
  for (const auto& [name, value] : description.headers) {
    call.headers.emplace_back(name, replaced(filled(value, effect, false), "{api_key}", api_key.reveal()));
  }
  if (described.body.empty()) return call;
  Json body = parse_json(described.body).value_or(Json::object());
  fill_texts(body, description, effect);
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
