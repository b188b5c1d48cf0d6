#include "config/session_reader.h"

#include "base/hash.h"
#include "base/text.h"
#include "config/json.h"
#include "config/provider_kind.h"
#include "config/readers.h"
#include "config/shape.h"
#include "config/value.h"

namespace keeper::config {
namespace {

Json as_typed(const Node& node, const std::vector<Type>& types);

Json as_section(const Node& node, const Section& section) {
  Json result = Json::object();
  for (const Entry& entry : node.entries) {
    if (const Key* key = section.find(entry.key)) result[entry.key] = as_typed(entry.value, key->types);
  }
  return result;
}

// By the table and not by its looks: the text 5 is "5".
Json as_typed(const Node& node, const std::vector<Type>& types) {
  for (const Type& type : types) {
    if (type.kind == Kind::boolean && to_bool(node)) return *to_bool(node);
    if (type.kind == Kind::integer && to_integer(node)) return *to_integer(node);
    if (type.kind == Kind::section && node.is_map()) return as_section(node, *type.section);
    if (type.kind == Kind::list && node.is_list()) {
      Json list = Json::array();
      const Type item{.kind = type.item, .section = type.section};
      for (const Node& each : node.items) list.push_back(as_typed(each, {item}));
      return list;
    }
    if (type.kind == Kind::texts && node.is_map()) {
      Json texts = Json::object();
      for (const Entry& entry : node.entries) texts[entry.key] = entry.value.text;
      return texts;
    }
  }
  return node.text;
}

void warn_of_variables(const Node& node, Problems& problems) {
  if (node.is_scalar() && node.text.find("${") != std::string::npos) {
    problems.warning(node.place,
                     "${...} is replaced in the values of env only; here it stays as it is written");
  }
  for (const Node& item : node.items) warn_of_variables(item, problems);
  for (const Entry& entry : node.entries) {
    if (entry.key != "env") warn_of_variables(entry.value, problems);
  }
}

}  // namespace

long long SessionReader::in_minutes(Millis duration) { return duration / std::chrono::minutes{1}; }

Place SessionReader::place_of(std::string_view key) const {
  const Entry* entry = node.entry(key);
  return entry != nullptr ? entry->value.place : plan_place;
}

std::optional<Millis> SessionReader::whole_minutes(std::string_view key) {
  const auto duration = duration_at(node, key);
  if (duration && *duration % std::chrono::minutes{1} != Millis{0}) {
    problems.error(place_of(key),
                   "'" + std::string(key) + "' must be whole minutes, not " + to_text(*duration));
  }
  return duration;
}

Millis SessionReader::whole_minutes_or_default(const Section& section, std::string_view key) {
  return whole_minutes(key).value_or(duration_or_default(empty_map(), section, key));
}

void SessionReader::copy_text(std::string_view from, const char* to) {
  if (const auto text = text_at(node, from)) parameters[to] = *text;
}

void SessionReader::copy(const Key& key) {
  const Node* given = value_at(node, key.name);
  if (given != nullptr) parameters[std::string(key.name)] = as_typed(*given, key.types);
}

void SessionReader::refuse_together(std::string_view key, std::string_view other) {
  if (value_at(node, key) == nullptr || value_at(node, other) == nullptr) return;
  problems.error(place_of(key), "'" + std::string(key) + "' cannot be given with " + std::string(other));
}

void read_session(const Entry& plan_entry, const ProviderRead& provider, Plan& plan, Outside& outside,
                  Problems& problems) {
  const Entry* entry = plan_entry.value.entry("session");
  const Node& node = entry != nullptr && !entry->value.is_null() ? entry->value : empty_map();
  if (!node.is_map()) {
    problems.error(node.place, "'session' must be a map of keys");
    return;
  }
  const Place place = entry != nullptr ? entry->place : plan_entry.place;
  const std::string owner = "session of plan '" + printable(plan_entry.key, 60) + "'";
  check_section(node, provider.kind->session(provider.settings), owner, place, problems);
  warn_of_variables(node, problems);
  SessionReader reader{node, place, plan, outside, problems};
  provider.kind->read_session(reader, provider.settings);
  plan.parameters = reader.parameters.dump();
  plan.fingerprint = stable_hex128(provider.settings.name.str() + "\n" + plan.parameters);
}

}  // namespace keeper::config
