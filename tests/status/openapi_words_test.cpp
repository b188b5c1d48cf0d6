// The words of the API's description against the tables of core/words.h: each list of words has the words of
// one table, in its order, so that a word that is added there cannot be forgotten here.
#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "catch.h"
#include "core/words.h"
#include "store/cluster.h"

namespace keeper {
namespace {

using Words = std::vector<std::string>;

template <class Values>
Words words_of(const Values& values) {
  Words words;
  for (const auto value : values) words.emplace_back(to_string(value));
  return words;
}

Words node_state_list() {
  Words words;
  for (const NodeState state : all_node_states) words.emplace_back(to_word(state));
  return words;
}

Words all_event_words() {
  Words words;
  for (const Topic topic : all_topics) {
    for (const Phase phase : {Phase::firing, Phase::resolved}) {
      const std::string word(event_word(topic, phase));
      if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
  }
  return words;
}

std::map<std::string, Words> tables() {
  return {{"state", words_of(all_states)},
          {"reason", words_of(all_reasons)},
          {"cause", words_of(all_causes)},
          {"disposition", words_of(all_dispositions)},
          {"missed_cause", words_of(all_missed_causes)},
          {"phase", words_of(all_phases)},
          {"message_state", words_of(all_message_states)},
          {"progress", words_of(all_progresses)},
          {"plan_condition", words_of(all_plan_conditions)},
          {"provider_condition", words_of(all_provider_conditions)},
          {"orphan_condition", words_of(all_orphan_conditions)},
          {"budget_level", words_of(all_budget_levels)},
          {"plan_change", words_of(all_plan_changes)},
          {"node_state", node_state_list()},
          {"event", all_event_words()}};
}

// The place and the words of every list in the description.
void find_lists(const nlohmann::json& node, const std::string& place, std::map<std::string, Words>& found) {
  if (node.is_object() && node.contains("enum")) found[place] = node.at("enum").get<Words>();
  for (const auto& [name, child] : node.items()) {
    if (child.is_structured()) find_lists(child, place + "/" + name, found);
  }
}

}  // namespace

TEST_CASE("the lists of words in openapi.json are those of the tables, each once and under its name") {
  std::ifstream file(std::string(KEEPER_SOURCE_DIR) + "/daemon/status/openapi.json");
  std::map<std::string, Words> found;
  find_lists(nlohmann::json::parse(file), "", found);
  std::map<std::string, Words> wanted;
  for (const auto& [name, words] : tables()) wanted["/components/schemas/" + name] = words;
  for (const auto& [name, words] : wanted) {
    INFO(name);
    CHECK(found[name] == words);
  }
  CHECK(found.size() == wanted.size());
}

}  // namespace keeper
