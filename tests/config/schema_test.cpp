// The JSON Schema, which is written from the table that the checker reads.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <regex>
#include <set>

#include "config/loading.h"
#include "config/schema_judge.h"

using namespace keeper;
using namespace keeper::test;
using nlohmann::json;

namespace {

// The properties of an object's schema, as sorted text, so that a section is found whatever it is called.
std::set<std::string> property_sets(const json& schema) {
  std::set<std::string> sets;
  const auto keys = [](const json& object) {
    std::string text;
    for (const auto& [name, value] : object.at("properties").items()) text += name + " ";
    return text;
  };
  sets.insert(keys(schema));
  for (const auto& [name, each] : schema.at("$defs").items()) sets.insert(keys(each));
  return sets;
}

void check_references(const json& node, const json& root) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string target = node.at("$ref");
    INFO(target);
    CHECK(root.contains(json::json_pointer(target.substr(1))));
  }
  for (const auto& child : node) {
    if (child.is_structured()) check_references(child, root);
  }
}

}  // namespace

TEST_CASE("every key stands in one of the two example files, or on the page of the provider that has it") {
  std::string shown =
      read_text(source("config/session-keeper.yaml")) + read_text(source("config/http-provider.yaml"));
  for (const auto& page : std::filesystem::directory_iterator(source("docs/providers")))
    shown += read_text(page.path());
  std::set<std::string> keys;
  for (const config::Section* section : all_sections()) {
    for (const config::Key& key : section->keys) keys.emplace(key.name);
  }
  CHECK(keys.size() > 100);
  for (const std::string& key : keys) {
    INFO(key);
    const bool as_it_is = std::regex_search(shown, std::regex("[^a-z_]" + key + ":"));
    CHECK((as_it_is || std::regex_search(shown, std::regex("[^a-z_]" + key + "_file:"))));
  }
}

TEST_CASE("every event that somebody can be told of stands in the example and in the operator's guide") {
  const std::string example = read_text(source("config/session-keeper.yaml"));
  const std::string guide = read_text(source("docs/operations.md"));
  for (const Topic topic : all_topics) {
    for (const Phase phase : {Phase::firing, Phase::resolved}) {
      const std::string word(event_word(topic, phase));
      INFO(word);
      CHECK(std::regex_search(example, std::regex("events:[^:]*\\b" + word + "\\b")));
      CHECK(guide.find("`" + word + "`") != std::string::npos);
    }
  }
}

TEST_CASE("the schema is JSON, closed, and lists every key of the table") {
  const json schema = json::parse(config_schema(provider_kinds()));
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema.at("additionalProperties") == false);
  check_references(schema, schema);
  const auto sets = property_sets(schema);
  for (const config::Section* section : all_sections()) {
    std::set<std::string> names;
    for (const config::Key& key : section->keys) {
      names.emplace(key.name);
      if (key.types[0].kind == config::Kind::secret) names.insert(std::string(key.name) + "_file");
    }
    std::string wanted;
    for (const std::string& name : names) wanted += name + " ";
    INFO(section->name);
    CHECK(sets.contains(wanted));
  }
}

TEST_CASE("the schema admits a part of a description's calls beside its name, and there alone") {
  const SchemaJudge schema(json::parse(config_schema(provider_kinds())));
  const auto admits = [&](json provider) {
    provider["type"] = "http";
    provider["api_key"] = "${KEY}";
    return schema.admits({{"providers", {{"boxes", std::move(provider)}}},
                          {"plans", {{"p", {{"provider", "boxes"}, {"schedule", {{"always", true}}}}}}}});
  };
  const json call{{"method", "GET"}, {"path", "/boxes"}};
  const json whole{{"start", call}, {"status", call}, {"stop", call}, {"fields", {{"id", "/id"}}}};
  CHECK(admits({{"http", whole}}));
  CHECK(admits({{"description", "e2b"}, {"http", whole}}));
  for (const json& part : {json{{"heartbeat", {{"extends", "10m"}}}}, json{{"cleanup", nullptr}},
                           json{{"fields", {{"error", "/why"}}}}, json{{"start", {{"path", "/new"}}}}}) {
    INFO(part.dump());
    CHECK(admits({{"description", "e2b"}, {"http", part}}));
    CHECK_FALSE(admits({{"http", part}}));
  }
  CHECK(admits({{"description", "e2b"}, {"price", {{"currency", "EUR"}}}}));
  CHECK_FALSE(admits({{"price", {{"currency", "EUR"}}}, {"http", whole}}));
  // What no description has is refused in both.
  CHECK_FALSE(admits({{"description", "e2b"}, {"http", {{"begin", call}}}}));
  CHECK_FALSE(admits({{"description", "e2b"}, {"http", {{"start", {{"pth", "/"}}}}}}));
  CHECK_FALSE(admits({{"description", "e2b"}, {"http", {{"heartbeat", {{"extends", "soon"}}}}}}));
}

TEST_CASE("the schema beside the example is the one that the program prints") {
  if (std::getenv("KEEPER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(source("config/session-keeper.schema.json")) << config_schema(provider_kinds());
  }
  CHECK(read_text(source("config/session-keeper.schema.json")) == config_schema(provider_kinds()));
}

TEST_CASE("every key has a type and, but for what is asked of a provider, an explanation") {
  for (const config::Section* section : all_sections()) {
    for (const config::Key& key : section->keys) {
      INFO(section->name << "." << key.name);
      CHECK_FALSE(key.types.empty());
      CHECK((section->name.ends_with("session") || !key.doc.empty()));
    }
  }
}
