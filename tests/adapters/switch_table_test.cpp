// What the providers leave undocumented is a switch of the sandbox. Whatever is true of them: one session
// lives, its end by somebody else is noticed and made good, and when all is stopped none is left.
#include "adapters/keeping.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using std::chrono::minutes;

struct Case {
  std::string name;
  Json rule;
};

// Every value that differs from the default.
std::vector<Json> values_of(const Json& about) {
  const Json& normal = about.at("default");
  if (normal.is_boolean()) return {!normal.get<bool>()};
  std::vector<Json> values;
  for (const Json& value : about.value("values", Json::array())) {
    if (value != normal) values.push_back(value);
  }
  return values;
}

std::vector<Case> cases_for(const Adapter& adapter, const Json& switches) {
  const std::string prefix =
      adapter.name == "notte legacy" ? "legacy" : adapter.sandbox.substr(0, adapter.sandbox.find('_'));
  std::vector<Case> cases;
  for (const auto& [name, about] : switches.items()) {
    if (name.rfind(prefix, 0) != 0) continue;
    for (const Json& value : values_of(about))
      cases.push_back({name + " = " + value.dump(), {{name, value}}});
  }
  return cases;
}

// Numbers and lists, which have no list of values.
const std::vector<Case> notte_cases{
    {"no call touches", {{"notte_touching_calls", Json::array()}}},
    {"every call touches", {{"notte_touching_calls", {"observe", "status", "list"}}}},
    {"large observe", {{"notte_observe_bytes", 3'000'000}}},
    {"one session at once", {{"notte_concurrency_limit", 1}}},
    {"30 calls a minute", {{"notte_rate_limit_per_minute", 30}}}};
const std::vector<Case> videosdk_cases{{"201", {{"videosdk_success_status", 201}}},
                                       {"402 for unknown", {{"videosdk_not_found_status", 402}}},
                                       {"400 for unknown", {{"videosdk_not_found_status", 400}}},
                                       {"slow to run", {{"videosdk_queued_ms", 20'000}}},
                                       {"slow to stop", {{"videosdk_stopping_ms", 20'000}}}};
const std::vector<Case> sonoran_cases{{"an hour's block", {{"sonoran_rate_limit_block_seconds", 3600}}}};

// By the switch no session runs, or each ends soon and is replaced after a backoff: there is nothing to keep
// alive.
bool cannot_last(const std::string& name) {
  return name.rfind("videosdk_start_outcome", 0) == 0 || name.rfind("videosdk_participant", 0) == 0 ||
         name == "no call touches";
}

void live_through(const Adapter& adapter, const Case& one) {
  INFO(adapter.name << ", " << one.name);
  Keeping keeping(adapter);
  Json rule = one.rule;
  rule["times"] = 0;  // the switch alone
  keeping.playground().fault(rule);
  keeping.run(minutes{12});
  if (!cannot_last(one.name)) {
    CHECK(keeping.live() == 1);
    CHECK(keeping.is_active());
    keeping.playground().ask("POST", "/remotes/" + keeping.first_live() + "/end", R"({"as":"closed"})");
    keeping.run(minutes{12});
    CHECK(keeping.live() == 1);
  }
  CHECK(keeping.unknown() == 0);
  keeping.stop();
  keeping.run(minutes{12});
  CHECK(keeping.live() == 0);
}

}  // namespace

TEST_CASE("whatever the providers left undocumented, one session lives and none is left") {
  const Adapter adapter = GENERATE(from_range(adapters()));
  Playground playground;
  std::vector<Case> cases = cases_for(adapter, playground.ask("GET", "/faults").at("switches"));
  const auto add = [&](const std::vector<Case>& more) {
    cases.insert(cases.end(), more.begin(), more.end());
  };
  if (adapter.sandbox == "videosdk") add(videosdk_cases);
  if (adapter.sandbox == "sonoran_cms") add(sonoran_cases);
  if (adapter.sandbox == "notte" && adapter.finds) add(notte_cases);
  REQUIRE(cases.size() >= 2);
  for (const Case& one : cases) {
    try {
      live_through(adapter, one);
    } catch (const std::exception& failure) {
      FAIL_CHECK(adapter.name << ", " << one.name << ": " << failure.what());
    }
  }
}
