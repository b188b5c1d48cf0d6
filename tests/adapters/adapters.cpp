#include "adapters/adapters.h"

#include <unistd.h>
#include <fstream>
#include <sstream>

#include <stdexcept>

#include "config/config.h"
#include "provider/provider_table.h"
#include "sandbox/vendors/vendor.h"

namespace keeper::test {
namespace {

// What a plan asks of a vendor; each session may last for hours.
std::string asked_of(const std::string& vendor) {
  if (vendor == "browserbase") return "{parameters: {keepAlive: true, timeout: 21600}, max_duration: 6h}";
  if (vendor == "e2b") {
    return "{parameters: {templateID: base, timeout: 300}, idle_timeout: 5m, max_duration: 24h}";
  }
  if (vendor == "kernel") return "{parameters: {timeout_seconds: 300}, idle_timeout: 5m}";
  if (vendor == "steel") return "{parameters: {timeout: 86400000}, max_duration: 24h}";
  if (vendor == "browser-use") return "{parameters: {timeout: 240}, max_duration: 4h}";
  return "{parameters: {autoStopInterval: 15}, idle_timeout: 15m}";
}

std::string root_of(const Adapter& adapter) {
  if (!adapter.is_vendor) return "";
  return sandbox::vendor_of(*sandbox::provider_named(adapter.sandbox))->root;
}

std::string yaml_of(const Adapter& adapter) {
  const std::string plans =
      "\nplans:\n  desk:\n    provider: it\n    schedule: {always: true}\n    keep_alive: true\n";
  const std::string key = ", api_key: \"${KEY}\", base_url: \"BASE\"}";
  if (adapter.name == "notte") {
    return "providers:\n  it: {type: notte" + key + plans +
           "    session: {idle_timeout: 3m, max_duration: 1d}\n";
  }
  if (adapter.name == "notte legacy") {
    return "providers:\n  it: {type: notte, dialect: legacy" + key + plans +
           "    session: {idle_timeout: 5m, keep_alive: true}\n";
  }
  if (adapter.name == "videosdk") {
    return "providers:\n  it: {type: videosdk, secret: \"${SECRET}\"" + key + plans +
           "    session: {deployment_id: d1, metadata: {desk: front}}\n";
  }
  if (adapter.name == "sonoran_cms") {
    return "providers:\n  it: {type: sonoran_cms" + key + plans +
           "    session: {server_id: 1, account_id: c1f7a3c0-51b1-4a0e-9a51-6b8f5f4f3e21}\n";
  }
  if (adapter.is_vendor) {
    return "providers:\n  it: {type: http, description: " + adapter.name + key + plans +
           "    session: " + asked_of(adapter.name) + "\n";
  }
  throw std::logic_error("no such adapter: " + adapter.name);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::logic_error("the example has no " + what);
  return text.replace(at, what.size(), with);
}

// The example of a described provider, as it stands but for its names, its address, the maximum, and pages of
// two sessions.
std::string described_yaml() {
  std::ifstream file(std::string(KEEPER_SOURCE_DIR) + "/config/http-provider.yaml");
  std::stringstream text;
  text << file.rdbuf();
  std::string yaml = replaced(text.str(), "https://api.notte.cc", "BASE");
  yaml = replaced(replaced(yaml, "  cloud:", "  it:"), "provider: cloud", "provider: it");
  yaml = replaced(replaced(yaml, "price-watch:", "desk:"), "${CLOUD_API_KEY}", "${KEY}");
  yaml = replaced(yaml, "page_size=50", "page_size=2");
  return replaced(replaced(yaml, "max_duration_minutes: 30", "max_duration_minutes: 1440"),
                  "max_duration: 30m", "max_duration: 1d");
}

}  // namespace

const std::vector<Adapter>& adapters() {
  static const std::vector<Adapter> all{{"notte", "notte", true, true, true, false, true},
                                        {"notte legacy", "notte", false, true, false, false, true},
                                        {"http", "notte", true, true, true, false, true},
                                        {"videosdk", "videosdk", true, false},
                                        {"sonoran_cms", "sonoran_cms", true, false}};
  return all;
}

const std::vector<Adapter>& vendor_adapters() {
  static const std::vector<Adapter> all{{"browserbase", "browserbase", true, false, true, true},
                                        {"e2b", "e2b", true, true, true, true},
                                        {"kernel", "kernel", true, true, true, true},
                                        {"steel", "steel", true, false, true, true},
                                        {"browser-use", "browser-use", true, false, true, true},
                                        {"daytona", "daytona", true, true, true, true, true}};
  return all;
}

std::vector<Adapter> all_adapters() {
  std::vector<Adapter> all = adapters();
  all.insert(all.end(), vendor_adapters().begin(), vendor_adapters().end());
  return all;
}

Settings settings_of(const Adapter& adapter, const std::string& url) {
  const std::string path = std::string("/tmp/keeper-adapter-") + std::to_string(::getpid()) + ".yaml";
  std::ofstream(path) << replaced(adapter.name == "http" ? described_yaml() : yaml_of(adapter), "BASE",
                                  url + root_of(adapter));
  LoadOptions options;
  options.description_directories.clear();
  options.variable = [](const std::string& name) {
    return name == "SECRET" ? std::optional<std::string>("sandbox-secret")
                            : std::optional<std::string>("sandbox-key");
  };
  LoadOutcome outcome = load_settings(path, provider_kinds(), options);
  ::unlink(path.c_str());
  for (const Problem& problem : outcome.problems) {
    if (problem.severity == Problem::Severity::error) throw std::runtime_error(to_line(problem));
  }
  return *std::move(outcome.settings);
}

Playground::Playground() : sandbox_({"127.0.0.1", 0}, {"127.0.0.1", 0}) { sandbox_.start(); }

Json Playground::ask(const std::string& method, const std::string& path, const std::string& body) {
  sandbox::Request request;
  request.method = method;
  request.path = path;
  request.segments = sandbox::split_path(path);
  request.body = body;
  const sandbox::Answer answer = sandbox_.control(request);
  if (answer.status / 100 != 2) throw std::runtime_error(path + ": " + answer.body);
  return Json::parse(answer.body);
}

void Playground::advance(Millis time) {
  ask("POST", "/advance", Json{{"seconds", static_cast<double>(time.count()) / 1000}}.dump());
}

}  // namespace keeper::test
