// The ready-made descriptions at their vendors' stand-ins: what differs between vendors, and what the keeper
// made of it, stand in a table. In no cell are there two remotes, one too many, one that it does not know, or
// one that ended because a heartbeat that did not count went unnoticed. KEEPER_UPDATE_GOLDEN=1 writes the
// table anew.
#include <algorithm>

#include "adapters/keeping.h"
#include "golden_text.h"
#include "provider/support.h"

#include "catch.h"

using namespace keeper;
using namespace keeper::test;

namespace {

using std::chrono::minutes;

struct VendorRow {
  std::string name;
  std::string (*cell)(const Adapter& adapter);
};

void check_one_lives(Keeping& keeping) {
  CHECK(keeping.is_active());
  CHECK(keeping.live() == 1);
  CHECK(keeping.unknown() == 0);
  CHECK(keeping.billed() == 1);
}

// A start goes wrong by this rule; in the end one session lives, and no second was made beside it.
std::string after_bad_start(const Adapter& adapter, Json rule, const Json& switches = {},
                            Millis request_timeout = Seconds{5}) {
  Keeping keeping(adapter, request_timeout);
  rule["operation"] = "start";
  rule["times"] = 1;
  keeping.playground().fault(rule);
  if (!switches.is_null()) keeping.playground().fault(switches);
  keeping.run(minutes{20});
  check_one_lives(keeping);
  CHECK(keeping.made() == 1);
  return told_start(keeping.story());
}

std::string lost_start(const Adapter& adapter) {
  return after_bad_start(adapter, {{"reset_after_effect", 1.0}});
}
std::string dropped_start(const Adapter& adapter) {
  return after_bad_start(adapter, {{"reset_before_effect", 1.0}});
}
std::string conflict(const Adapter& adapter) { return after_bad_start(adapter, {{"status", 409}}); }
std::string conflict_of_ours(const Adapter& adapter) {
  // Without an id of ours a vendor has no reason to say so, and the refusal is believed.
  if (!adapter.is_vendor || adapter.name == "browserbase" || adapter.name == "e2b" ||
      adapter.name == "browser-use")
    return "no such answer";
  return after_bad_start(adapter, {{"status", 409}, {"status_after_effect", true}});
}
std::string lost_and_late_list(const Adapter& adapter) {
  return after_bad_start(adapter, {{"reset_after_effect", 1.0}},
                         {{"operation", "cancel"}, {"times", 0}, {"vendor_list_lag_ms", 20'000}});
}
// With the usual limit of a call.
template <int seconds>
std::string lost_and_later_list(const Adapter& adapter) {
  return after_bad_start(adapter, {{"reset_after_effect", 1.0}},
                         {{"operation", "cancel"}, {"times", 0}, {"vendor_list_lag_ms", 1000 * seconds}},
                         Seconds{30});
}
std::string lost_and_slow_start(const Adapter& adapter) {
  return after_bad_start(adapter, {{"reset_after_effect", 1.0}},
                         {{"operation", "cancel"}, {"times", 0}, {"vendor_starting_ms", 40'000}});
}
std::string lost_and_odd_items(const Adapter& adapter) {
  return after_bad_start(adapter, {{"reset_after_effect", 1.0}},
                         {{"operation", "list"}, {"times", 3}, {"list_odd_items", true}});
}

// Somebody else ends the session: one successor, and nothing of the first is billed.
std::string ended_elsewhere(const Adapter& adapter) {
  Keeping keeping(adapter);
  keeping.run(Seconds{90});
  REQUIRE(keeping.live() == 1);
  keeping.story() = {};
  keeping.playground().ask("POST", "/remotes/" + keeping.first_live() + "/end", R"({"as":"closed"})");
  keeping.run(minutes{12});
  check_one_lives(keeping);
  CHECK(keeping.made() == 2);
  return "replaced" + std::string(keeping.story().errors > 0 ? " after an error" : "") +
         (keeping.story().calls[EffectKind::cleanup] > 0 ? ", cleaned up" : "");
}

// Two or more go wrong, and are tried again within what is left of the time to live.
std::string with_bad_heartbeats(const Adapter& adapter, const Json& rule) {
  if (!adapter.beats) return "no such call";
  Keeping keeping(adapter);
  keeping.run(Seconds{90});
  REQUIRE(keeping.live() == 1);
  keeping.story() = {};
  keeping.playground().fault(rule);
  keeping.run(minutes{adapter.name == "daytona" ? 12 : 3});
  const int tried = keeping.story().calls[EffectKind::keep_alive];
  CHECK(tried >= 2);
  keeping.playground().heal();
  keeping.run(minutes{40});
  check_one_lives(keeping);
  CHECK(keeping.made() == 1);
  CHECK(keeping.story().ended == 0);
  return "lives on";
}

std::string refused_heartbeat(const Adapter& adapter) {
  return with_bad_heartbeats(adapter, {{"operation", "activity"}, {"status", 409}, {"times", 2}});
}

// Answered well, and moving nothing, for a while: only a read shows it.
std::string void_heartbeat(const Adapter& adapter) {
  if (adapter.name == "kernel") return "cannot be told";
  return with_bad_heartbeats(adapter, {{"times", 0}, {"vendor_extension_counts", false}});
}

std::string stopped(const Adapter& adapter) {
  Keeping keeping(adapter);
  keeping.run(Seconds{90});
  REQUIRE(keeping.live() == 1);
  keeping.playground().fault({{"times", 0}, {"vendor_second_stop", "error"}});
  keeping.playground().fault({{"operation", "stop"}, {"reset_after_effect", 1.0}, {"times", 1}});
  keeping.stop();
  keeping.run(minutes{12});
  CHECK(keeping.live() == 0);
  CHECK(keeping.billed() == 0);
  CHECK(keeping.unknown() == 0);
  return "ended";
}

const std::vector<VendorRow>& rows() {
  static const std::vector<VendorRow> all{
      {"a start whose answer is lost", lost_start},
      {"a start that is dropped", dropped_start},
      {"409 on a start", conflict},
      {"409 on a start that was made", conflict_of_ours},
      {"a lost start, and a list that lags by 20 s", lost_and_late_list},
      {"a lost start, and a list that lags by 40 s", lost_and_later_list<40>},
      {"a lost start, and a list that lags by 90 s", lost_and_later_list<90>},
      {"a lost start that is queued for 40 s", lost_and_slow_start},
      {"a lost start, and items that cannot be read", lost_and_odd_items},
      {"an end by somebody else", ended_elsewhere},
      {"heartbeats that are refused", refused_heartbeat},
      {"heartbeats that move nothing", void_heartbeat},
      {"a stop whose answer is lost, and is refused once more", stopped},
  };
  return all;
}

std::string vendor_cell(const Adapter& adapter, const VendorRow& row) {
  INFO(adapter.name << ": " << row.name);
  try {
    return row.cell(adapter);
  } catch (const std::exception& failure) {
    FAIL_CHECK(failure.what());
    return "failed";
  }
}

}  // namespace

TEST_CASE("what the keeper does at each ready-made vendor stands in the table") {
  const Adapter adapter = GENERATE(from_range(vendor_adapters()));
  std::string text = "\n## " + adapter.name + "\n\n| what happens | what the keeper did |\n|---|---|\n";
  for (const VendorRow& row : rows()) text += "| " + row.name + " | " + vendor_cell(adapter, row) + " |\n";
  CHECK(golden_difference("adapters/vendor_" + adapter.name + ".md", text) == "");
}

TEST_CASE("a lost start is found on a later page of each ready-made vendor's list") {
  const Adapter adapter = GENERATE(from_range(vendor_adapters()));
  INFO(adapter.name);
  Playground playground;
  playground.fault({{"times", 0}, {"vendor_page_size", 2}});
  const Settings settings = settings_of(adapter, playground.api_url());
  const auto provider = waiting_provider(settings.providers.at(ProviderName{"it"}), {});
  const std::string parameters = settings.config->plans.at(PlanName{"desk"}).parameters;
  const auto start = [&](const std::string& session) {
    Effect effect = effect_of(EffectKind::start, "", parameters);
    effect.session = SessionId{session};
    return only(provider->start(effect)).id.str();
  };
  const std::string ours = start(std::string(32, 'a'));
  for (const char other : {'b', 'c', 'd', 'e'}) {
    playground.advance(Seconds{1});
    start(std::string(32, other));
  }
  Effect effect = effect_of(EffectKind::list);
  effect.session = SessionId{std::string(32, 'a')};
  const Reply all = provider->list(effect);
  REQUIRE(all.remotes.ok());
  CHECK(all.remotes->size() == 5);
  CHECK(all.whole);
  effect.kind = EffectKind::find;
  const Reply found = provider->find(effect);
  REQUIRE(found.remotes.ok());
  const bool is_found = std::any_of(found.remotes->begin(), found.remotes->end(),
                                    [&](const Remote& remote) { return remote.id.str() == ours; });
  CHECK(is_found);
}
