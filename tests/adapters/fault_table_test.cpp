// Every fault at every call of every adapter: what the keeper made of it stands in a table, and in no cell
// are there two remotes, one too many, or one that it does not know. KEEPER_UPDATE_GOLDEN=1 writes the table
// anew.
#include "adapters/keeping.h"
#include "golden_text.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using std::chrono::minutes;

struct Fault {
  std::string name;
  Json rule;
  Millis request_timeout{Seconds{5}};
  int times = 2;
  bool at_stops_alone = false;
};

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all{
      {"reset before the effect", {{"reset_before_effect", 1.0}}},
      {"reset after the effect", {{"reset_after_effect", 1.0}}},
      {"no answer in time, with the effect", {{"latency_ms", 3000}}, Seconds{1}, 1},
      {"answer dripped too slowly", {{"slow_body_ms", 9000}}, Seconds{1}, 1},
      {"200 with text", {{"status", 200}, {"body", "text"}}},
      {"200 with HTML", {{"status", 200}, {"body", "html"}}},
      {"307 to the same origin", {{"status", 307}}},
      {"400", {{"status", 400}}},
      {"401", {{"status", 401}}},
      {"402", {{"status", 402}}},
      {"403", {{"status", 403}}},
      {"404", {{"status", 404}}, Seconds{5}, 1},
      {"404 with HTML", {{"status", 404}, {"body", "html"}}},
      {"409", {{"status", 409}}},
      {"422", {{"status", 422}}},
      {"429, Retry-After 17", {{"status", 429}, {"retry_after", 17}}},
      {"429 alone", {{"status", 429}, {"notte_rate_limit_headers", false}}},
      {"500 after the effect", {{"status", 500}, {"status_after_effect", true}}},
      {"400 after the effect", {{"status", 400}, {"status_after_effect", true}}, Seconds{5}, 2, true},
      {"409 after the effect", {{"status", 409}, {"status_after_effect", true}}, Seconds{5}, 2, true},
      {"422 after the effect", {{"status", 422}, {"status_after_effect", true}}, Seconds{5}, 2, true},
      {"502 with HTML", {{"status", 502}}},
      {"503, Retry-After 20", {{"status", 503}, {"retry_after", 20}}},
      {"529", {{"status", 529}}},
  };
  return all;
}

bool struck(Keeping& keeping) {
  return keeping.playground().ask("GET", "/faults").at("faults").at(0).at("hits").get<int>() > 0;
}

// The start goes wrong; in the end exactly one session lives.
std::string at_start(const Adapter& adapter, const Fault& fault) {
  Keeping keeping(adapter, fault.request_timeout);
  Json rule = fault.rule;
  rule["operation"] = "start";
  rule["times"] = fault.times;
  keeping.playground().fault(rule);
  keeping.run(minutes{fault.name == "402" ? 130 : 25});
  CHECK(struck(keeping));
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
  // Without a list, a remote that a lost start made ends by its idle timeout, and nobody ever hears of it.
  if (adapter.finds) CHECK(keeping.unknown() == 0);
  return told_start(keeping.story());
}

// A session lives, then its reads and heartbeats go wrong. It must go on living, and no other be started.
std::string while_alive(const Adapter& adapter, const Fault& fault, const std::string& operation) {
  Keeping keeping(adapter, fault.request_timeout);
  keeping.run(Seconds{90});
  REQUIRE(keeping.is_active());
  keeping.story() = {};
  Json rule = fault.rule;
  rule["operation"] = operation;
  rule["times"] = fault.times;
  keeping.playground().fault(rule);
  keeping.run(minutes{12});
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
  CHECK(keeping.unknown() == 0);
  CHECK(keeping.made() == 1);
  CHECK(struck(keeping));
  return keeping.story().ended == 0 ? "went on" : "ended";
}

// The stop goes wrong; in the end none lives.
std::string at_stop(const Adapter& adapter, const Fault& fault) {
  Keeping keeping(adapter, fault.request_timeout);
  keeping.run(Seconds{90});
  REQUIRE(keeping.live() == 1);
  keeping.story() = {};
  Json rule = fault.rule;
  rule["operation"] = "stop";
  rule["times"] = fault.times;
  keeping.playground().fault(rule);
  keeping.stop();
  keeping.run(minutes{12});
  CHECK(struck(keeping));
  CHECK(keeping.live() == 0);
  CHECK(keeping.story().starts.empty());
  return keeping.story().calls[EffectKind::stop] > 1 ? "stopped again" : "stopped";
}

std::string cell(const Adapter& adapter, const Fault& fault, const std::string& operation) {
  INFO(adapter.name << ", " << operation << ": " << fault.name);
  try {
    if (operation == "start") return at_start(adapter, fault);
    if (operation == "stop") return at_stop(adapter, fault);
    return while_alive(adapter, fault, operation);
  } catch (const std::exception& failure) {
    FAIL_CHECK(failure.what());
    return "failed";
  }
}

std::string table_of(const std::string& operation) {
  std::string text = "\n## " + operation + "\n\n| fault |";
  for (const Adapter& adapter : adapters()) text += " " + adapter.name + " |";
  text += "\n|---|";
  for (std::size_t i = 0; i < adapters().size(); ++i) text += "---|";
  text += "\n";
  for (const Fault& fault : faults()) {
    if (fault.at_stops_alone && operation != "stop") continue;
    text += "| " + fault.name + " |";
    for (const Adapter& adapter : adapters()) {
      const bool has = (operation != "activity" || adapter.beats) && (operation != "read" || adapter.reads);
      text += " " + (has ? cell(adapter, fault, operation) : std::string("no such call")) + " |";
    }
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("what the keeper does at every fault stands in the table") {
  const std::string operation = GENERATE("start", "read", "activity", "stop");
  CHECK(golden_difference("adapters/" + operation + ".md", table_of(operation)) == "");
}
