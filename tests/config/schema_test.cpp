// The JSON Schema, which is written from the table that the checker reads.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <regex>
#include <set>

#include "config/loading.h"

using namespace keeper;
using namespace keeper::test;
using nlohmann::json;

namespace {

void for_each_section(const config::Section& section, std::set<const config::Section*>& seen) {
  if (!seen.insert(&section).second) return;
  for (const config::Key& key : section.keys) {
    for (const config::Type& type : key.types) {
      if (type.section != nullptr) for_each_section(*type.section, seen);
    }
  }
}

std::set<const config::Section*> all_sections() {
  std::set<const config::Section*> seen;
  static const config::Sections sections(provider_kinds());
  for_each_section(sections.root(), seen);
  for (const config::Section* section : sections.sessions()) for_each_section(*section, seen);
  return seen;
}

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

TEST_CASE("the schema beside the example is the one that the program prints") {
  if (std::getenv("KEEPER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(source("config/session-keeper.schema.json")) << config_schema(provider_kinds());
  }
  CHECK(read_text(source("config/session-keeper.schema.json")) == config_schema(provider_kinds()));
}

TEST_CASE("every default of the table is a good value for its key") {
  for (const config::Section* section : all_sections()) {
    for (const config::Key& key : section->keys) {
      INFO(section->name << "." << key.name);
      CHECK_FALSE(key.types.empty());
      CHECK((section->name.ends_with("session") || !key.doc.empty()));
    }
  }
  const auto outcome = load_text(
      "providers: {a: {type: notte, api_key: \"${KEY}\", dialect: current, request_timeout: 30s, "
      "max_concurrent: 4}}\n"
      "defaults: {time_zone: UTC, overlap: skip, catch_up: 10m, count: 1, start_timeout: 2m, stop_timeout: "
      "1m,\n"
      "  on_shutdown: leave, keep_alive: {heartbeat: auto, rollover_before: auto, initial_backoff: 1s,\n"
      "  max_backoff: 5m, backoff_reset_after: 10m}}\n"
      "plans: {p: {provider: a, schedule: {always: true}, session: {idle_timeout: 3m, max_duration: "
      "15m}}}\n");
  INFO(lines(outcome));
  REQUIRE(outcome.settings);
  const auto bare = load_text(
      "providers: {a: {type: notte, api_key: \"${KEY}\"}}\n"
      "plans: {p: {provider: a, schedule: {always: true}, keep_alive: true}}\n");
  const Plan& said = outcome.settings->config->plans.begin()->second;
  const Plan& unsaid = bare.settings->config->plans.begin()->second;
  CHECK(said.parameters == unsaid.parameters);
  CHECK(said.catch_up == unsaid.catch_up);
  CHECK(said.start_timeout == unsaid.start_timeout);
  CHECK(said.stop_timeout == unsaid.stop_timeout);
  CHECK(said.keep_alive.max_backoff == unsaid.keep_alive.max_backoff);
  CHECK(said.keep_alive.initial_backoff == unsaid.keep_alive.initial_backoff);
  CHECK(said.keep_alive.backoff_reset_after == unsaid.keep_alive.backoff_reset_after);
  CHECK(said.keep_alive.heartbeat_every == unsaid.keep_alive.heartbeat_every);
}
