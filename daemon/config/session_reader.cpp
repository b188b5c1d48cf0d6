#include <nlohmann/json.hpp>

#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "config/json.h"
#include "config/readers.h"
#include "config/shape.h"
#include "config/value.h"

namespace keeper::config {
namespace {

using std::chrono::minutes;

const Section& section_for(const ProviderSettings& provider) {
  switch (provider.type) {
    case ProviderType::videosdk:
      return videosdk_session();
    case ProviderType::notte:
      return provider.dialect == NotteDialect::legacy ? notte_legacy_session() : notte_session();
    case ProviderType::sonoran_cms:
      return sonoran_session();
    case ProviderType::http:
      return http_session();
  }
  check_failed("a known ProviderType", __FILE__, __LINE__);
}

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

class SessionReader {
 public:
  SessionReader(const Node& node, Place plan_place, Plan& plan, Outside& outside, Problems& problems)
      : node_(node), plan_place_(plan_place), plan_(plan), outside_(outside), problems_(problems) {}

  void videosdk() {
    copy_text("deployment_id", "deploymentId");
    copy_text("tag", "tag");
    if (const Node* env = value_at(node_, "env"); env != nullptr && env->is_map()) {
      Json& values = parameters_["env"] = Json::object();
      for (const Entry& entry : env->entries) {
        outside_.check_variables("env." + printable(entry.key, 60), entry.value, Outside::Empty::allowed);
        values[entry.key] = entry.value.text;
      }
    }
    const Node* metadata = value_at(node_, "metadata");
    if (metadata == nullptr) return;
    if (metadata->is_map()) {
      parameters_["metaData"] = to_json(*metadata);
    } else {
      problems_.error(metadata->place, "'metadata' must be a map of keys");
    }
  }

  // Idle 3 min and maximum 15 min are Notte's defaults: sent in words, since its documents disagree.
  void notte() {
    const auto idle = whole_minutes("idle_timeout");
    const Millis maximum = whole_minutes("max_duration").value_or(minutes{15});
    plan_.maximum = maximum;
    plan_.idle_timeout = idle.value_or(std::min<Millis>(minutes{3}, maximum));
    if (*plan_.idle_timeout > maximum) {
      const bool given = node_.find("max_duration") != nullptr;
      problems_.error(place_of("idle_timeout"), "'idle_timeout' " + to_text(*idle) +
                                                    " is over max_duration, " + to_text(maximum) +
                                                    (given ? "" : " by default"));
    }
    parameters_["idle_timeout_minutes"] = in_minutes(*plan_.idle_timeout);
    parameters_["max_duration_minutes"] = in_minutes(maximum);
    for (const Key& key : notte_session().keys) {
      if (key.name == "idle_timeout" || key.name == "max_duration") continue;
      copy(key);
    }
    check_browser();
    check_lists();
  }

  void notte_legacy() {
    plan_.idle_timeout = whole_minutes("idle_timeout").value_or(minutes{5});
    parameters_["session_timeout_minutes"] = in_minutes(*plan_.idle_timeout);
    for (const char* key : {"keep_alive", "screenshot"}) {
      if (const auto value = bool_at(node_, key)) parameters_[key] = *value;
    }
  }

  void sonoran() {
    if (const auto server = int_at(node_, "server_id")) {
      parameters_["serverId"] = *server;
      plan_.place = "server/" + std::to_string(*server);
    }
    copy_text("account_id", "accId");
  }

  void http() {
    plan_.idle_timeout = duration_at(node_, "idle_timeout");
    plan_.maximum = duration_at(node_, "max_duration");
    const Node* parameters = value_at(node_, "parameters");
    if (parameters == nullptr) return;
    if (parameters->is_map()) {
      parameters_ = to_json(*parameters);
    } else {
      problems_.error(parameters->place, "'parameters' must be a map of keys");
    }
  }

  std::string parameters() const { return parameters_.dump(); }

 private:
  static long long in_minutes(Millis duration) { return duration / minutes{1}; }

  Place place_of(std::string_view key) const {
    const Entry* entry = node_.entry(key);
    return entry != nullptr ? entry->value.place : plan_place_;
  }

  std::optional<Millis> whole_minutes(std::string_view key) {
    const auto duration = duration_at(node_, key);
    if (duration && *duration % minutes{1} != Millis{0}) {
      problems_.error(place_of(key),
                      "'" + std::string(key) + "' must be whole minutes, not " + to_text(*duration));
    }
    return duration;
  }

  void copy_text(std::string_view from, const char* to) {
    if (const auto text = text_at(node_, from)) parameters_[to] = *text;
  }

  // As the table says: only what is given, so that the account's own settings hold for the rest.
  void copy(const Key& key) {
    const Node* node = value_at(node_, key.name);
    if (node != nullptr) parameters_[std::string(key.name)] = as_typed(*node, key.types);
  }

  void refuse_together(std::string_view key, std::string_view other) {
    if (value_at(node_, key) == nullptr || value_at(node_, other) == nullptr) return;
    problems_.error(place_of(key), "'" + std::string(key) + "' cannot be given with " + std::string(other));
  }

  void check_browser() {
    refuse_together("user_agent", "cdp_url");
    refuse_together("chrome_args", "cdp_url");
    refuse_together("aspect_ratio", "viewport_width");
    if (value_at(node_, "viewport_width") == nullptr) refuse_together("aspect_ratio", "viewport_height");
    if (value_at(node_, "cdp_url") != nullptr && bool_at(node_, "headless") == std::optional(false)) {
      problems_.error(place_of("headless"), "'headless' must be true with cdp_url");
    }
    const bool width = value_at(node_, "viewport_width") != nullptr;
    const bool height = value_at(node_, "viewport_height") != nullptr;
    if (width != height) {
      problems_.error(place_of(width ? "viewport_width" : "viewport_height"),
                      "'viewport_width' and 'viewport_height' are given both or not at all");
    }
  }

  void check_lists() {
    if (const Node* proxies = value_at(node_, "proxies"); proxies != nullptr && proxies->items.size() > 1) {
      problems_.error(proxies->place, "'proxies' has room for one entry");
    }
    const Node* ids = value_at(node_, "auth_ids");
    if (ids == nullptr) return;
    std::set<std::string> seen;
    for (const Node& id : ids->items) {
      if (!seen.insert(id.text).second) problems_.error(id.place, "'auth_ids' names the same id twice");
    }
    if (ids->items.size() > 10) problems_.error(ids->place, "'auth_ids' has room for 10");
  }

  const Node& node_;
  Place plan_place_;
  Plan& plan_;
  Outside& outside_;
  Problems& problems_;
  Json parameters_ = Json::object();
};

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

void read_session(const Entry& plan_entry, const ProviderSettings& provider, Plan& plan, Outside& outside,
                  Problems& problems) {
  static const Node nothing = [] {
    Node node;
    node.kind = Node::Kind::map;
    return node;
  }();
  const Entry* entry = plan_entry.value.entry("session");
  const Node& node = entry != nullptr && !entry->value.is_null() ? entry->value : nothing;
  if (!node.is_map()) {
    problems.error(node.place, "'session' must be a map of keys");
    return;
  }
  const Place place = entry != nullptr ? entry->place : plan_entry.place;
  const std::string owner = "session of plan '" + printable(plan_entry.key, 60) + "'";
  check_section(node, section_for(provider), owner, place, problems);
  warn_of_variables(node, problems);
  SessionReader reader(node, place, plan, outside, problems);
  switch (provider.type) {
    case ProviderType::videosdk:
      reader.videosdk();
      break;
    case ProviderType::notte:
      provider.dialect == NotteDialect::legacy ? reader.notte_legacy() : reader.notte();
      break;
    case ProviderType::sonoran_cms:
      reader.sonoran();
      break;
    case ProviderType::http:
      reader.http();
      break;
  }
  plan.parameters = reader.parameters();
  plan.fingerprint = stable_hex128(provider.name.str() + "\n" + plan.parameters);
}

}  // namespace keeper::config
