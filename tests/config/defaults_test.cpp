// The defaults of keys stand in the table of keys alone: a file that leaves a key out is read as one that
// says the default.
#include "config/loading.h"
#include "config/provider_kind.h"
#include "core/known_plan.h"

using namespace keeper;
using namespace keeper::test;

namespace {

// For each section that has a key with a default: a file with the section, where `@` stands for the key.
const std::map<std::string, std::string>& files_with_section() {
  static const std::string notte = "providers: {a: {type: notte, api_key: \"${KEY}\"}}\n";
  static const std::string legacy =
      "providers: {a: {type: notte, api_key: \"${KEY}\", dialect: legacy, base_url: https://a.example}}\n";
  static const std::string call = "{method: POST, path: /sessions}";
  static const std::map<std::string, std::string> files{
      {"store", "store: {@}"},
      {"cluster", "store: {url: postgresql://db/keeper}\ncluster: {@}"},
      {"status", "status: {@}"},
      {"webhook", "webhook: {public_url: https://hooks.example, @}"},
      {"notification", "notifications: [{url: https://told.example, @}]"},
      {"budget", "budget: {period: 1d, max_session_time: 1h, @}"},
      {"provider", "providers: {a: {type: notte, api_key: \"${KEY}\", @}}"},
      {"fields", "providers: {a: {type: http, base_url: https://a.example, http: {start: " + call +
                     ", status: " + call + ", stop: " + call + ", fields: {id: /id, @}}}}"},
      {"http", "providers: {a: {type: http, base_url: https://a.example, http: {start: " + call +
                   ", status: " + call + ", stop: " + call + ", fields: {id: /id}, @}}}"},
      {"heartbeat", "providers: {a: {type: http, base_url: https://a.example, http: {start: " + call +
                        ", status: " + call + ", stop: " + call +
                        ", fields: {id: /id}, heartbeat: {method: POST, path: /p, extends: 5m, @}}}}"},
      {"described webhook", "providers: {a: {type: http, base_url: https://a.example, http: {start: " + call +
                                ", status: " + call + ", stop: " + call +
                                ", fields: {id: /id}, webhook: {scheme: hmac, secret: \"${KEY}\", header: "
                                "X-Signature, type: /type, "
                                "id: /id, events: {closed: stopped}, @}}}}"},
      {"defaults", notte + "defaults: {@}\nplans: {p: {provider: a, schedule: {always: true}}}"},
      {"plan", notte + "plans: {p: {provider: a, schedule: {always: true}, @}}"},
      {"schedule", notte + "plans: {p: {provider: a, schedule: {always: true, @}}}"},
      {"keep_alive", notte + "plans: {p: {provider: a, schedule: {always: true}, keep_alive: {@}}}"},
      {"notte legacy session", legacy + "plans: {p: {provider: a, schedule: {always: true}, session: {@}}}"},
  };
  return files;
}

// Of what a start asks a provider for, the keeper knows the timeouts. The rest is sent where it is given, and
// is the account's own otherwise: its default in the table tells what that is.
bool is_for_the_provider(const config::Section& section, const config::Key& key) {
  const bool asked =
      section.name.ends_with("session") || section.name == "profile" || section.name == "proxy";
  return asked && key.name != "idle_timeout" && key.name != "max_duration";
}

// A value that a required key takes.
std::string sample_of(const config::Key& key) {
  const config::Type& type = key.types.at(0);
  if (type.kind == config::Kind::integer) return std::to_string(type.min);
  if (type.kind == config::Kind::choice) return std::string(type.words.at(0));
  REQUIRE(type.kind == config::Kind::text);
  return "x";
}

// A file with the section, where `@` stands for the key. A plan's `session` that is not in the list is that
// of a provider with nothing but a key and a URL of its own.
std::string file_with(const std::string& section) {
  if (const auto listed = files_with_section().find(section); listed != files_with_section().end())
    return listed->second;
  for (const config::ProviderKind* kind : provider_kinds()) {
    for (const config::Section* session : kind->sessions) {
      if (session->name != section) continue;
      std::string given;
      for (const config::Key& key : session->keys) {
        if (key.required) given += std::string(key.name) + ": " + sample_of(key) + ", ";
      }
      return "providers: {a: {type: " + std::string(kind->type) +
             ", api_key: \"${KEY}\", base_url: https://a.example}}\n"
             "plans: {p: {provider: a, schedule: {always: true}, session: {" +
             given + "@}}}";
    }
  }
  FAIL("files_with_section() needs a file with '" << section << "'");
  return {};
}

Settings loaded(const std::string& section, const std::string& key) {
  std::string yaml = file_with(section);
  const std::size_t mark = yaml.find('@');
  yaml.replace(mark, 1, key);
  if (const std::size_t comma = yaml.find(", }"); comma != std::string::npos) yaml.erase(comma, 1);
  const LoadOutcome outcome = load_text(yaml + "\n");
  INFO(yaml << "\n" << lines(outcome));
  REQUIRE(outcome.settings);
  return *outcome.settings;
}

void check_same(const Settings& one, const Settings& other) {
  CHECK(one.store_path == other.store_path);
  CHECK(one.database == other.database);
  CHECK(one.retention == other.retention);
  CHECK(one.commit_patience == other.commit_patience);
  CHECK(one.status == other.status);
  CHECK(one.webhook == other.webhook);
  CHECK(one.providers == other.providers);
  CHECK(one.targets == other.targets);
  CHECK(one.dead_mans_switch == other.dead_mans_switch);
  CHECK(*one.config == *other.config);
}

}  // namespace

TEST_CASE("a key that is left out is read as its default in the table, at every key that has one") {
  int checked = 0;
  for (const config::Section* section : all_sections()) {
    for (const config::Key& key : section->keys) {
      if (key.preset.empty() || is_for_the_provider(*section, key)) continue;
      INFO(section->name << "." << key.name << ": " << key.preset);
      std::string preset(key.preset);
      // Where systemd sets no state directory, it is the unit's.
      if (preset.starts_with("$STATE_DIRECTORY"))
        preset.replace(0, preset.find('/'), "/var/lib/session-keeper");
      const std::string name(section->name);
      check_same(loaded(name, std::string(key.name) + ": " + preset), loaded(name, ""));
      ++checked;
    }
  }
  CHECK(checked > 30);
}

TEST_CASE("of a database, a key that is left out is read as its default in the table") {
  const std::string url = "store: {url: postgresql://db/keeper, ";
  for (const char* key : {"schema", "durability"}) {
    const std::string preset(config::store_section().find(key)->preset);
    INFO(key << ": " << preset);
    const LoadOutcome given = load_text(url + std::string(key) + ": " + preset + "}\n");
    const LoadOutcome left_out = load_text("store: {url: postgresql://db/keeper}\n");
    REQUIRE(given.settings);
    REQUIRE(left_out.settings);
    REQUIRE(given.settings->database);
    CHECK(given.settings->database == left_out.settings->database);
  }
}

TEST_CASE("the sections that are left out are read as sections that say nothing") {
  const auto loaded_text = [](const std::string& yaml) {
    const LoadOutcome outcome = load_text(yaml);
    INFO(lines(outcome));
    REQUIRE(outcome.settings);
    return *outcome.settings;
  };
  check_same(loaded_text("plans:\n"), loaded_text("store: {}\nstatus: {}\ndefaults: {}\n"));
}

TEST_CASE("the tests of the core keep plans, budgets and targets by the defaults of the table") {
  const Settings plan = loaded("plan", "");
  Plan known = known_plan();
  const Plan& read = plan.config->plans.begin()->second;
  CHECK(known.start_timeout == read.start_timeout);
  CHECK(known.stop_timeout == read.stop_timeout);
  CHECK(known.catch_up == read.catch_up);
  CHECK(known.count == read.count);
  CHECK(known.overlap == read.overlap);
  CHECK(known.on_shutdown == read.on_shutdown);
  CHECK(known.keep_alive == read.keep_alive);
  CHECK(known_config().stop_timeout == plan.config->stop_timeout);
  CHECK(known_budget().soft_percent == loaded("budget", "").config->budgets.begin()->second.soft_percent);
  CHECK(known_target() == loaded("notification", "").config->targets.begin()->second);
}

TEST_CASE("a stop whose plan is gone may take as long as `defaults` say") {
  CHECK(loaded("defaults", "stop_timeout: 7m").config->stop_timeout == std::chrono::minutes{7});
}
