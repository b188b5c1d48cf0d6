#include "provider/environment.h"

#include "base/text.h"

namespace keeper {
namespace {

Result<std::string> resolved(const ProviderContext& context, const std::string& text,
                             std::vector<std::string>* secrets) {
  std::string result;
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = text.find("${", at);
    const std::size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) return result + text.substr(at);
    const std::string name = text.substr(open + 2, close - open - 2);
    const auto value = context.environment ? context.environment(name) : std::nullopt;
    if (!value) {
      return Error{ErrorKind::denied, "session.env needs ${" + printable(name, 60) +
                                          "}, which is not set in the daemon's environment"};
    }
    secrets->push_back(*value);
    result += text.substr(at, open - at) + *value;
    at = close + 1;
  }
}

}  // namespace

Status resolve_environment(const ProviderContext& context, Json* env, std::vector<std::string>* secrets) {
  if (!env->is_object()) return Done{};
  for (auto& [name, value] : env->items()) {
    if (!value.is_string()) continue;
    auto text = resolved(context, value.get<std::string>(), secrets);
    if (!text) return text.error();
    value = std::move(*text);
  }
  return Done{};
}

}  // namespace keeper
