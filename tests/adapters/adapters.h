// The five ways to speak to a provider and the six ready-made descriptions, each as its YAML asks for it, at
// a sandbox of the test's own.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"
#include "settings/settings.h"

namespace keeper::test {

using Json = nlohmann::json;

struct Adapter {
  std::string name;             // in tables and messages
  std::string sandbox;          // the provider's name in the sandbox's rules
  bool finds = true;            // a lost start can be looked up
  bool beats = false;           // has heartbeats
  bool reads = true;            // a session can be read without touching it
  bool is_vendor = false;       // a ready-made description
  bool tells_activity = false;  // a heartbeat shows in last_activity_at
};

// Each goes through every table.
const std::vector<Adapter>& adapters();
// The ready-made descriptions, which have a table of their own.
const std::vector<Adapter>& vendor_adapters();
std::vector<Adapter> all_adapters();

// One plan "desk" that should always be alive, at the provider "it".
Settings settings_of(const Adapter& adapter, const std::string& url);

// A sandbox and its control plane.
class Playground {
 public:
  Playground();
  std::string api_url() const { return sandbox_.api_url(); }
  Json ask(const std::string& method, const std::string& path,
           const std::string& body = "");  // throws unless 2xx
  void fault(const Json& rule) { ask("POST", "/faults", rule.dump()); }
  void heal() { ask("DELETE", "/faults"); }
  void advance(Millis time);
  Json remotes(bool live) { return ask("GET", live ? "/remotes/live" : "/remotes").at("remotes"); }

 private:
  sandbox::Sandbox sandbox_;
};

}  // namespace keeper::test
