// What a reload makes of a change, for every key of the table but those of plans and providers, which a
// reload takes up as a whole: it takes effect, or the reload is refused with the key's name.
#include "runtime/settings_file.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "config/loading.h"
#include "net/certificates.h"

namespace keeper::test {
namespace {

// Two files that differ in one key. `refused`: what the refusal names; empty: it takes effect.
struct KeyChange {
  std::string section, key, before, after, refused{};
};

class KeyChanges {
 public:
  // Those of keys that name files are made of files that live as long as this object.
  std::vector<KeyChange> all() const {
    const std::string told = "notifications: {ops: {";
    const std::string url = told + "url: https://told.example, ";
    const std::string alive = "dead_mans_switch: {url_file: " + url_.path();
    const std::string plan = "providers: {a: {type: notte, api_key: \"${KEY}\"}}\nplans: {p: {provider: a, ";
    const std::string tls =
        webhook("tls: {certificate_file: " + one_.chain.path() + ", key_file: " + one_.key.path() + "}");
    const std::string renewed =
        webhook("tls: {certificate_file: " + other_.chain.path() + ", key_file: " + other_.key.path() + "}");
    return {
        {"configuration", "store", "plans:", "store: {path: /a.db}", "store.path"},
        {"configuration", "cluster", database(""), database("") + "cluster: {node: b}", "cluster.node"},
        {"configuration", "status", "plans:", "status: {listen: 127.0.0.1:9000}", "status.listen"},
        {"configuration", "webhook", "plans:", webhook(""), "webhook"},
        {"configuration", "providers", "plans:", "providers: {a: {type: notte, api_key: \"${KEY}\"}}"},
        {"configuration", "defaults", "plans:", "defaults: {stop_timeout: 7m}"},
        {"configuration", "plans", plan + "schedule: {always: true}}}",
         plan + "schedule: {start: \"@daily\"}}}"},
        {"configuration", "budget", "plans:", "budget: {period: 1d, max_session_time: 1h}"},
        {"configuration", "notifications", "plans:", url + "}}"},
        {"configuration", "dead_mans_switch", "plans:", alive + ", every: 1m}"},
        {"store", "path", "store: {path: /a.db}", "store: {path: /b.db}", "store.path"},
        {"store", "url", "store: {path: /a.db}", database(""), "store.url"},
        {"store", "password", database(""), database(", password: \"${KEY}\""), "store.password"},
        {"store", "schema", database(""), database(", schema: other"), "store.schema"},
        {"store", "durability", database(""), database(", durability: local"), "store.durability"},
        {"cluster", "node", database("") + "cluster: {node: a}", database("") + "cluster: {node: b}",
         "cluster.node"},
        {"cluster", "lease", database(""), database("") + "cluster: {lease: 5s}", "cluster.lease"},
        {"cluster", "pause_allowance", database(""), database("") + "cluster: {pause_allowance: 5s}",
         "cluster.pause_allowance"},
        {"store", "retention", "store: {retention: 1d}", "store: {retention: 2d}"},
        {"store", "max_size", "store: {max_size: 1GiB}", "store: {max_size: 2GiB}"},
        {"store", "commit_patience", "store: {commit_patience: 1s}", "store: {commit_patience: 3s}"},
        {"status", "listen", "status: {listen: 127.0.0.1:1}", "status: {listen: 127.0.0.1:2}",
         "status.listen"},
        {"status", "allow_remote", "plans:", "status: {allow_remote: true}", "status.allow_remote"},
        {"status", "allowed_hosts", "plans:", "status: {allowed_hosts: [a.example]}", "status.allowed_hosts"},
        {"webhook", "listen", webhook("listen: 127.0.0.1:1"), webhook("listen: 127.0.0.1:2"),
         "webhook.listen"},
        {"webhook", "public_url", webhook(""), "webhook: {public_url: https://other.example}"},
        {"webhook", "tls", webhook(""), tls},
        {"webhook", "tokens_file", webhook(""), webhook("tokens_file: " + token_.path())},
        {"webhook", "trusted_proxies", webhook(""), webhook("trusted_proxies: [192.0.2.1]"),
         "webhook.trusted_proxies"},
        {"tls", "certificate_file", tls, renewed},
        {"tls", "key_file", renewed, tls},
        {"notification", "url", url + "}}", told + "url: https://other.example}}"},
        {"notification", "url_file", url + "}}", told + "url_file: " + url_.path() + "}}"},
        {"notification", "secret", url + "}}", url + "secret: \"${KEY}\"}}"},
        {"notification", "events", url + "}}", url + "events: [plan_degraded]}}"},
        {"notification", "repeat_interval", url + "}}", url + "repeat_interval: 5h}}"},
        {"dead_mans_switch", "url", alive + ", every: 1m}",
         "dead_mans_switch: {url_file: " + other_url_.path() + ", every: 1m}"},
        {"dead_mans_switch", "every", alive + ", every: 1m}", alive + ", every: 2m}"},
    };
  }

 private:
  struct Pem {
    Certificate certificate = make_certificate({});
    TemporaryFile chain{pem_of(certificate)}, key{key_pem_of(certificate)};
  };

  static std::string database(const std::string& more) {
    return "store: {url: \"postgresql://db/keeper\"" + more + "}\n";
  }

  static std::string webhook(const std::string& more) {
    return "webhook: {public_url: https://hooks.example" + (more.empty() ? more : ", " + more) + "}";
  }

  Pem one_, other_;
  TemporaryFile token_{"0123456789abcdef\n"}, url_{"https://told.example/1\n"},
      other_url_{"https://told.example/2\n"};
};

Settings loaded(const std::string& yaml) {
  const LoadOutcome outcome = load_text(yaml + "\n");
  INFO(yaml << "\n" << lines(outcome));
  REQUIRE(outcome.settings);
  return *outcome.settings;
}

// The text of a function of the file, from its name to the end of its body.
std::string function_text(const std::string& file, const std::string& begin) {
  const std::string text = read_text(source(file));
  const std::size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  return text.substr(from, text.find("\n}\n", from) - from);
}

}  // namespace

TEST_CASE("a reload brings a change of a key into effect or is refused with its name, at every key") {
  const KeyChanges files;
  const std::vector<KeyChange> changes = files.all();
  const std::vector<std::string> sections{"configuration", "store", "cluster",      "status",
                                          "webhook",       "tls",   "notification", "dead_mans_switch"};
  for (const config::Section* section : all_sections()) {
    if (std::find(sections.begin(), sections.end(), section->name) == sections.end()) continue;
    for (const config::Key& key : section->keys) {
      INFO("say here what a reload makes of " << section->name << "." << key.name);
      CHECK(std::any_of(changes.begin(), changes.end(), [&](const KeyChange& change) {
        return change.section == section->name && change.key == key.name;
      }));
    }
  }
  for (const KeyChange& change : changes) {
    INFO(change.section << "." << change.key << "\n" << change.before << "\n" << change.after);
    const Settings before = loaded(change.before);
    LoadOutcome outcome = load_text(change.after + "\n");
    REQUIRE(outcome.settings);
    Settings after = *outcome.settings;
    const bool plans_differ = *after.config != *before.config;
    after.path = before.path;
    after.sha256 = before.sha256;
    after.config = before.config;
    CHECK((plans_differ || after != before));
    const auto settled = settled_for_reload(before, std::move(outcome), "keeper.yaml");
    if (change.refused.empty()) {
      CHECK(settled.ok());
    } else {
      REQUIRE_FALSE(settled.ok());
      CHECK(settled.error().what ==
            "keeper.yaml: " + change.refused + " changed; restart the daemon for that");
    }
  }
}

TEST_CASE("what a reload is said to bring into effect is handed on to whoever goes by it") {
  const std::map<std::string, std::string> handed_on{
      {"path", "loaded.settings = fresh"},
      {"sha256", "loaded.settings = fresh"},
      {"retention", "loop_->set_retention(fresh->retention)"},
      {"commit_patience", "store_thread_->set_patience(fresh->commit_patience)"},
      {"public_url", "install_workers(*fresh, old.get())"},
      {"certificate", "call(*fresh)"},
      {"tokens", "verifiers_.install(*fresh)"},
      {"providers", "install_workers(*fresh, old.get())"},
      {"targets", "notifier_->install(fresh->targets)"},
      {"dead_mans_switch", "install_dead_mans_switch(*fresh)"},
      {"config", "ask_loop(ConfigLoaded{fresh->config}, Wait::until_known)"},
  };
  const std::string said = function_text("daemon/runtime/settings_file.cpp", "Settings reloaded(");
  const std::string done = function_text("daemon/runtime/daemon.cpp", "Status Daemon::try_reload()");
  const std::regex part(R"(old(?:\.|\.webhook->)(\w+) = fresh)");
  std::set<std::string> parts;
  for (std::sregex_iterator at(said.begin(), said.end(), part), end; at != end; ++at)
    parts.insert((*at)[1].str());
  CHECK(parts.size() == handed_on.size());
  for (const std::string& name : parts) {
    INFO("say here who is handed " << name << ", and by which words of try_reload()");
    const auto found = handed_on.find(name);
    REQUIRE(found != handed_on.end());
    CHECK(done.find(found->second) != std::string::npos);
  }
}

}  // namespace keeper::test
