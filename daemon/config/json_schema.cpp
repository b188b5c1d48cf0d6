#include <set>

#include "base/check.h"
#include "config/config.h"
#include "config/json.h"
#include "config/key_table.h"

namespace keeper {
namespace config {
namespace {

constexpr std::string_view duration_pattern =
    "^(?=[0-9])([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
constexpr std::string_view variable_pattern = "^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$";

Json text(std::string_view pattern = {}) {
  Json schema{{"type", "string"}};
  if (!pattern.empty()) schema["pattern"] = pattern;
  return schema;
}

class SchemaWriter {
 public:
  explicit SchemaWriter(const ProviderKinds& kinds) : sections_(kinds) {}

  Json write() {
    Json schema = section(sections_.root());
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "session-keeper configuration";
    for (const Section* each : sections_.sessions()) reference(*each);
    schema["$defs"] = std::move(definitions_);
    return schema;
  }

 private:
  Json reference(const Section& section_of) {
    const std::pair wanted{&section_of, in_part_};
    const std::string name = std::string(section_of.name) + (in_part_ ? " in part" : "");
    const std::string unique = names_.contains(wanted) ? names_.at(wanted) : free_name(name);
    if (names_.emplace(wanted, unique).second) definitions_[unique] = section(section_of);
    return {{"$ref", "#/$defs/" + unique}};
  }

  // What a ready-made description holds may be given in part beside it.
  Json described(const Section& provider) {
    Json whole = Json::object();
    Json part = Json::object();
    for (const Key& key : provider.keys) {
      if (!is_described(key)) continue;
      whole[std::string(key.name)] = schema_of(key.types[0]);
      in_part_ = true;
      part[std::string(key.name)] = schema_of(key.types[0]);
      in_part_ = false;
    }
    return {{"if", {{"required", {"description"}}}},
            {"then", {{"properties", std::move(part)}}},
            {"else", {{"properties", std::move(whole)}}}};
  }

  static bool is_provider(const Section& owner) {
    return owner.name == "provider" && owner.find("description");
  }
  static bool is_described(const Key& key) { return key.name == "http" || key.name == "price"; }

  // `schedule` of a plan and of `defaults` share their name and nothing else.
  std::string free_name(std::string name) {
    for (char& c : name) c = c == ' ' ? '_' : c;
    while (!taken_.insert(name).second) name += "_defaults";
    return name;
  }

  Json named(const Section& section_of) {
    return {{"type", {"object", "null"}},
            {"propertyNames", {{"pattern", name_pattern}}},
            {"additionalProperties", reference(section_of)}};
  }

  static const Section& section_in(const Type& type) {
    KEEPER_CHECK(type.section != nullptr);
    return *type.section;
  }

  static Json choice(const Type& type) {
    Json words = Json::array();
    for (const std::string_view word : type.words) {
      words.push_back(word);
      if (word == "off") words.push_back(false);
    }
    return {{"enum", std::move(words)}};
  }

  static Json secret() {
    const Json file{{"type", "object"},
                    {"additionalProperties", false},
                    {"properties", {{"file", {{"type", "string"}}}}},
                    {"required", {"file"}}};
    return {{"anyOf", {text(variable_pattern), file}}};
  }

  Json schema_of(const Type& type) {
    switch (type.kind) {
      case Kind::boolean:
        return {{"type", "boolean"}};
      case Kind::integer:
        return {{"type", "integer"}, {"minimum", type.min}, {"maximum", type.max}};
      case Kind::number:
        return {{"type", "number"}, {"minimum", 0}};
      case Kind::text:
        return {{"type", {"string", "number", "boolean"}}};
      case Kind::choice:
        return choice(type);
      case Kind::duration:
        return text(duration_pattern);
      case Kind::size:
        return text("^[0-9]+([KMGT]i?)?B$");
      case Kind::percent:
        return text("^[0-9.]+%$");
      case Kind::rate:
        return text("^[0-9]+/[0-9].*$");
      case Kind::url:
        return text("^https?://");
      case Kind::address:
        return text("^.+:[0-9]+$");
      case Kind::secret:
        return text(variable_pattern);
      case Kind::path:
      case Kind::cron:
      case Kind::time_zone:
      case Kind::moment:
      case Kind::date_range:
        return text();
      case Kind::list:
        return {{"type", "array"},
                {"items", type.item == Kind::section ? reference(section_in(type))
                                                     : schema_of(Type{.kind = type.item})}};
      case Kind::section:
        return reference(section_in(type));
      case Kind::named:
        return named(section_in(type));
      case Kind::texts:
        return {{"type", "object"}, {"additionalProperties", {{"type", {"string", "number", "boolean"}}}}};
      case Kind::secrets:
        return {{"type", "object"}, {"additionalProperties", secret()}};
      case Kind::anything:
        return Json::object();
    }
    check_failed("a known Kind", __FILE__, __LINE__);
  }

  Json session() {
    Json any = Json::array();
    for (const Section* each : sections_.sessions()) any.push_back(reference(*each));
    return {{"anyOf", std::move(any)}};
  }

  Json schema_of(const Key& key, const Section& owner) {
    Json schema;
    if (&owner == &plan_section() && key.name == "session") {
      schema = session();
    } else if (is_provider(owner) && is_described(key)) {
      schema = Json::object();  // see described()
    } else if (key.types.size() == 1) {
      schema = schema_of(key.types[0]);
    } else {
      Json any = Json::array();
      for (const Type& type : key.types) any.push_back(schema_of(type));
      schema = {{"anyOf", std::move(any)}};
    }
    if (!key.doc.empty()) schema["description"] = key.doc;
    if (!key.preset.empty()) schema["default"] = preset(key);
    return schema;
  }

  static Json preset(const Key& key) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = std::string(key.preset);
    return to_json(node);
  }

  Json section(const Section& section_of) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Key& key : section_of.keys) {
      const std::string name(key.name);
      properties[name] = schema_of(key, section_of);
      if (key.types[0].kind == Kind::secret) {
        properties[name + "_file"] = {{"type", "string"},
                                      {"description", "File with: " + std::string(key.doc)}};
      } else if (key.required) {
        required.push_back(name);
      }
    }
    Json schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (is_provider(section_of)) schema.update(described(section_of));
    if (required.empty() || in_part_) {
      schema["type"] = {"object", "null"};
    } else {
      schema["required"] = std::move(required);
    }
    return schema;
  }

  const Sections sections_;
  Json definitions_ = Json::object();
  bool in_part_ = false;  // of a section that is merged with another, nothing is required
  std::map<std::pair<const Section*, bool>, std::string> names_;
  std::set<std::string> taken_;
};

}  // namespace
}  // namespace config

std::string config_schema(const config::ProviderKinds& kinds) {
  return config::SchemaWriter(kinds).write().dump(2) + "\n";
}

}  // namespace keeper
