// Whether a value is good by a JSON Schema, as far as the configuration's schema uses the language.
#pragma once

#include <nlohmann/json.hpp>

#include <regex>
#include <stdexcept>
#include <string>

namespace keeper::test {

class SchemaJudge {
 public:
  explicit SchemaJudge(nlohmann::json schema) : root_(std::move(schema)) {}

  bool admits(const nlohmann::json& value) const { return admits(root_, value); }

 private:
  using json = nlohmann::json;

  static bool is_of(const std::string& type, const json& value) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == value.type_name();
  }

  bool is_closed_to(const json& schema, const std::string& name, const json& value) const {
    const auto known = schema.find("properties");
    if (known != schema.end() && known->contains(name)) return !admits(known->at(name), value);
    const auto more = schema.find("additionalProperties");
    if (more == schema.end()) return false;
    return more->is_boolean() ? !more->get<bool>() : !admits(*more, value);
  }

  bool admits_object(const json& schema, const json& value) const {
    for (const json& name : schema.value("required", json::array()))
      if (!value.contains(name.get<std::string>())) return false;
    for (const auto& [name, each] : value.items()) {
      if (schema.contains("propertyNames") && !admits(schema.at("propertyNames"), name)) return false;
      if (is_closed_to(schema, name, each)) return false;
    }
    return true;
  }

  bool admits_text(const json& schema, const json& value) const {
    return !schema.contains("pattern") ||
           std::regex_search(value.get<std::string>(), std::regex(schema.at("pattern").get<std::string>()));
  }

  bool admits_any(const json& schemas, const json& value) const {
    return std::any_of(schemas.begin(), schemas.end(), [&](const json& each) { return admits(each, value); });
  }

  bool admits_type(const json& schema, const json& value) const {
    const json types = schema.at("type").is_array() ? schema.at("type") : json::array({schema.at("type")});
    return std::any_of(types.begin(), types.end(),
                       [&](const json& type) { return is_of(type.get<std::string>(), value); });
  }

  bool admits(const json& schema, const json& value) const {
    if (schema.contains("$ref"))
      return admits(root_.at(json::json_pointer(schema.at("$ref").get<std::string>().substr(1))), value);
    if (schema.contains("type") && !admits_type(schema, value)) return false;
    if (schema.contains("anyOf") && !admits_any(schema.at("anyOf"), value)) return false;
    const json words = schema.value("enum", json::array());
    if (!words.empty() && std::find(words.begin(), words.end(), value) == words.end()) return false;
    if (value.is_string() && !admits_text(schema, value)) return false;
    if (value.is_object() && !admits_object(schema, value)) return false;
    if (value.is_array() && schema.contains("items")) {
      for (const json& each : value)
        if (!admits(schema.at("items"), each)) return false;
    }
    if (!schema.contains("if")) return true;
    return admits(schema.at(admits(schema.at("if"), value) ? "then" : "else"), value);
  }

  const json root_;
};

}  // namespace keeper::test
