#include "sandbox/webhook_settings.h"

#include <algorithm>
#include <set>

namespace sandbox {
namespace {

bool is_probability(const Json& value) { return value.is_number() && value >= 0 && value <= 1; }
bool is_milliseconds(const Json& value) {
  return value.is_number_integer() && value >= 0 && value <= 86400000;
}

bool take(double& target, const Json& value) {
  if (is_probability(value)) target = value;
  return is_probability(value);
}

bool take(int& target, const Json& value) {
  if (is_milliseconds(value)) target = value;
  return is_milliseconds(value);
}

bool take(bool& target, const Json& value) {
  if (value.is_boolean()) target = value;
  return value.is_boolean();
}

bool take(std::vector<int>& target, const Json& value) {
  const bool good = value.is_array() && std::all_of(value.begin(), value.end(), is_milliseconds);
  if (good) target = value.get<std::vector<int>>();
  return good;
}

bool take(std::uint64_t& target, const Json& value) {
  if (value.is_number_unsigned()) target = value;
  return value.is_number_unsigned();
}

bool take_word(std::string& target, const Json& value, const std::set<std::string>& words) {
  const bool good = value.is_string() && words.count(value.get<std::string>()) > 0;
  if (good) target = value;
  return good;
}

// 1 taken, 0 refused, -1 unknown.
int take_one(WebhookSettings& s, const std::string& name, const Json& value) {
  if (name == "drop") return take(s.drop, value);
  if (name == "repeat") return take(s.repeat, value);
  if (name == "reorder") return take(s.reorder, value);
  if (name == "bad_signature") return take(s.bad_signature, value);
  if (name == "delay_ms") return take(s.delay_ms, value);
  if (name == "reorder_ms") return take(s.reorder_ms, value);
  if (name == "retry_ms") return take(s.retry_ms, value);
  if (name == "spaced") return take(s.spaced, value);
  if (name == "prefix") return take(s.prefix, value);
  if (name == "pss") return take(s.pss, value);
  if (name == "leading_newline") return take(s.leading_newline, value);
  if (name == "seed") return take(s.seed, value);
  if (name == "family") return take_word(s.family, value, {"ai-deployment-session", "agent-session", "both"});
  if (name == "key_format") return take_word(s.key_format, value, {"pkcs1", "spki"});
  return -1;
}

}  // namespace

Json describe(const WebhookSettings& s) {
  return {{"drop", s.drop},
          {"repeat", s.repeat},
          {"reorder", s.reorder},
          {"bad_signature", s.bad_signature},
          {"delay_ms", s.delay_ms},
          {"reorder_ms", s.reorder_ms},
          {"retry_ms", s.retry_ms},
          {"spaced", s.spaced},
          {"prefix", s.prefix},
          {"pss", s.pss},
          {"family", s.family},
          {"key_format", s.key_format},
          {"leading_newline", s.leading_newline},
          {"seed", s.seed}};
}

std::optional<std::string> change(WebhookSettings& settings, const Json& wanted) {
  WebhookSettings changed = settings;
  for (const auto& [name, value] : wanted.items()) {
    if (name == "key_change") continue;
    const int taken = take_one(changed, name, value);
    if (taken < 0) return name + " is not a webhook setting; known: " + dump(describe(settings));
    if (taken == 0) return name + " cannot be " + dump(value);
  }
  settings = std::move(changed);
  return std::nullopt;
}

}  // namespace sandbox
