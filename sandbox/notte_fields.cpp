#include "sandbox/notte_fields.h"

#include <algorithm>
#include <set>

namespace sandbox {
namespace {

constexpr int kIdleLimit = 30;

class Reader {
 public:
  Reader(const Json& body, Json& issues) : body_(body), issues_(issues) {}

  void issue(const char* field, const std::string& message, const char* type, Json context = nullptr) {
    Json entry = notte_issue({"body", field}, message, type, body_.contains(field) ? body_[field] : Json());
    if (!context.is_null()) entry["ctx"] = std::move(context);
    issues_.push_back(std::move(entry));
  }

  std::optional<int> minutes(const char* field, int limit) {
    seen_.insert(field);
    if (!body_.contains(field) || body_[field].is_null()) return std::nullopt;
    const Json& value = body_[field];
    if (!value.is_number_integer()) {
      issue(field, "Input should be a valid integer", "int_type");
    } else if (value <= 0) {
      issue(field, "Input should be greater than 0", "greater_than", {{"gt", 0}});
    } else if (value > limit) {
      issue(field, "Input should be less than or equal to " + std::to_string(limit), "less_than_equal",
            {{"le", limit}});
    } else {
      return value.get<int>();
    }
    return std::nullopt;
  }

  bool flag(const char* field, bool otherwise) {
    seen_.insert(field);
    if (!body_.contains(field)) return otherwise;
    if (body_[field].is_boolean()) return body_[field].get<bool>();
    issue(field, "Input should be a valid boolean", "bool_type");
    return otherwise;
  }

  std::string word(const char* field, const std::set<std::string>& words, const char* otherwise) {
    seen_.insert(field);
    if (!body_.contains(field) || body_[field].is_null()) return otherwise;
    const Json& value = body_[field];
    if (value.is_string() && words.count(value.get<std::string>()) > 0) return value.get<std::string>();
    std::string expected;
    for (const std::string& each : words) expected += (expected.empty() ? "'" : ", '") + each + "'";
    issue(field, "Input should be " + expected, "literal_error", {{"expected", expected}});
    return otherwise;
  }

  // A field of which only the kind is checked; null is always good.
  Json any(const char* field, bool (*fits)(const Json&), const char* kind, Json otherwise) {
    seen_.insert(field);
    if (!body_.contains(field) || body_[field].is_null()) return otherwise;
    if (fits(body_[field])) return body_[field];
    issue(field, std::string("Input should be a valid ") + kind, (std::string(kind) + "_type").c_str());
    return otherwise;
  }

  void refuse_unknown() {
    for (const auto& [field, value] : body_.items()) {
      if (seen_.count(field) == 0) issue(field.c_str(), "Extra inputs are not permitted", "extra_forbidden");
    }
  }

 private:
  const Json& body_;
  Json& issues_;
  std::set<std::string> seen_;
};

bool is_text(const Json& value) { return value.is_string(); }
bool is_list(const Json& value) { return value.is_array(); }
bool is_map(const Json& value) { return value.is_object(); }
bool is_pixels(const Json& value) { return value.is_number_integer() && value > 0; }
bool is_flag_or_list(const Json& value) { return value.is_boolean() || value.is_array(); }

void read_times(Reader& reader, const Json& body, int cap, NotteSession& session) {
  const auto max = reader.minutes("max_duration_minutes", cap);
  const auto idle = reader.minutes("idle_timeout_minutes", kIdleLimit);
  const auto alias = reader.minutes("timeout_minutes", kIdleLimit);
  session.max_minutes = max.value_or(std::min(15, cap));
  const auto given = idle ? idle : alias;
  session.idle_minutes = given.value_or(std::min(3, *session.max_minutes));
  if (given && *given > *session.max_minutes) {
    const char* field = body.contains("idle_timeout_minutes") ? "idle_timeout_minutes" : "timeout_minutes";
    reader.issue(field, "Value error, idle_timeout_minutes must be at most max_duration_minutes",
                 "value_error");
  }
}

void read_browser(Reader& reader, const Json& body, Json& settings) {
  settings["proxies"] = reader.any("proxies", is_flag_or_list, "bool", false);
  if (settings["proxies"].is_array()) settings["proxies"] = !settings["proxies"].empty();
  settings["browser_type"] =
      reader.word("browser_type", {"chromium", "chrome", "chrome-nightly", "chrome-turbo"}, "chromium");
  settings["use_file_storage"] = reader.flag("use_file_storage", true);
  settings["user_agent"] = reader.any("user_agent", is_text, "string", nullptr);
  settings["viewport_width"] = reader.any("viewport_width", is_pixels, "int", 1280);
  settings["viewport_height"] = reader.any("viewport_height", is_pixels, "int", 1080);
  settings["headless"] = reader.flag("headless", true);
  settings["solve_captchas"] = reader.flag("solve_captchas", true);
  settings["cdp_url"] = reader.any("cdp_url", is_text, "string", nullptr);
  settings["web_bot_auth"] = reader.flag("web_bot_auth", false);
  settings["auth_ids"] = reader.any("auth_ids", is_list, "list", Json::array());
  const auto given = [&](const char* field) { return body.contains(field) && !body[field].is_null(); };
  if (given("viewport_width") != given("viewport_height")) {
    reader.issue("viewport_width", "Value error, set both of viewport_width and viewport_height or none",
                 "value_error");
  }
  if (given("aspect_ratio") && given("viewport_width")) {
    reader.issue("aspect_ratio", "Value error, aspect_ratio excludes viewport_width", "value_error");
  }
  if (given("cdp_url") && !settings["headless"].get<bool>()) {
    reader.issue("headless", "Value error, headless must be true with cdp_url", "value_error");
  }
}

}  // namespace

Json notte_issue(Json location, const std::string& message, const std::string& type, Json input) {
  return {{"loc", std::move(location)}, {"msg", message}, {"type", type}, {"input", std::move(input)}};
}

Json notte_validation_error(Json issues) {
  return {{"message", "Validation error"}, {"detail", std::move(issues)}};
}

NotteFields read_notte_fields(const std::string& text, bool strict, int max_duration_cap) {
  NotteFields fields;
  if (text.empty()) {
    fields.issues.push_back(notte_issue(Json::array({"body"}), "Field required", "missing", nullptr));
    return fields;
  }
  const auto body = parse_json(text);
  if (!body || !body->is_object()) {
    fields.issues.push_back(
        body ? notte_issue(Json::array({"body"}), "Input should be a valid dictionary",
                           "model_attributes_type", *body)
             : notte_issue({"body", 0}, "JSON decode error", "json_invalid", Json::object()));
    return fields;
  }
  Reader reader(*body, fields.issues);
  read_times(reader, *body, max_duration_cap, fields.session);
  read_browser(reader, *body, fields.session.settings);
  reader.any("chrome_args", is_list, "list", nullptr);
  reader.word("aspect_ratio", {"5:4", "16:9"}, "");
  reader.word("screenshot_type", {"last_action", "raw", "full"}, "last_action");
  reader.any("profile", is_map, "dict", nullptr);
  reader.any("extra_http_headers", is_map, "dict", nullptr);
  reader.any("vault_id", is_text, "string", nullptr);
  reader.flag("wait_for_authentication", true);
  if (strict) reader.refuse_unknown();
  return fields;
}

}  // namespace sandbox
