#include "e2e/troubles.h"

#include <httplib.h>

#include <fstream>

#include "catch.h"

namespace keeper::e2e {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* disk_variables[] = {"FAILING_FSYNC", "HANGING_FSYNC", "FULL_DISK"};

// Answers lost before and after their effect, refusals, slowness: at every call of every provider.
const std::vector<Json>& common_rules() {
  static const std::vector<Json> all{
      {{"probability", 0.08}, {"reset_after_effect", 1.0}, {"seed", 1}},
      {{"probability", 0.05}, {"reset_before_effect", 1.0}, {"seed", 2}},
      {{"probability", 0.05}, {"status", 503}, {"seed", 3}},
      {{"probability", 0.03}, {"status", 429}, {"retry_after", "1"}, {"seed", 4}},
      {{"probability", 0.1}, {"latency_ms", 400}, {"seed", 5}}};
  return all;
}

Json at(const char* operation, Json rule) {
  rule["operation"] = operation;
  return rule;
}

}  // namespace

const std::vector<Trouble>& troubles() {
  static const Json refused_after{{"status", 409}, {"status_after_effect", true}};
  static const std::vector<Trouble> all{
      {"calls go wrong", {}},
      {"lists are cut", {at("list", {{"list_shows_max", 1}})}},
      {"lists lag", {at("list", {{"list_hides_ms", 8000}})}},
      {"lists hold odd items", {at("list", {{"list_odd_items", true}})}},
      {"reads say 404", {at("read", {{"status", 404}})}},
      {"reads hang", {at("read", {{"latency_ms", 20000}})}},
      {"heartbeats are refused", {at("activity", {{"status", 400}})}},
      {"the rate is used up", {{{"status", 429}, {"retry_after", 2}, {"probability", 0.5}}}},
      {"starts act and answer 500", {at("start", {{"status", 500}, {"status_after_effect", true}})}},
      {"stops act and answer 409", {at("stop", refused_after), at("cancel", refused_after)}},
      {"answers come late", {{{"latency_ms", 2500}, {"probability", 0.5}}}},
      {"the account has room for few", {{{"notte_concurrency_limit", 4}}}},
      {"the Date is missing", {{{"date_header", "missing"}}}},
      {"the Date is an hour old", {{{"date_header", "hour_old"}}}},
      {"the Date is an hour ahead", {{{"date_header", "hour_ahead"}}}},
      {"the Date is of 1970", {{{"date_header", "epoch"}}}},
      {"sessions are told to be hours old", {{{"created_early_seconds", 10800}}}},
      {"the clock is behind by minutes", {}, -minutes{4}},
      {"the clock is ahead by minutes", {}, minutes{4}},
      {"the clock is an hour behind", {}, -hours{1}},
      {"the clock is two hours ahead", {}, hours{2}},
      {"flushes fail", {}, {}, "FAILING_FSYNC"},
      {"flushes hang", {}, {}, "HANGING_FSYNC"},
      {"the disk is full", {}, {}, "FULL_DISK"},
  };
  return all;
}

TroubledStage::TroubledStage(Stage& stage) : stage_(stage), clocks_(stage) {
  stage.preload(FAILING_DISK);
  for (const char* variable : disk_variables)
    stage.variables[variable] = (stage.directory / variable).string();
  REQUIRE(post_json(stage.control_port, "/webhooks", {{"drop", 0.1}, {"repeat", 0.1}, {"reorder", 0.1}}));
}

void TroubledStage::clear() {
  httplib::Client client("127.0.0.1", stage_.control_port);
  REQUIRE(client.Delete("/faults"));
  clocks_.set_wall(std::chrono::milliseconds{0});
  mend_disk();
}

void TroubledStage::strike_disk(const Trouble& trouble) {
  if (!trouble.disk.empty()) std::ofstream(stage_.directory / trouble.disk).flush();
}

void TroubledStage::mend_disk() {
  for (const char* variable : disk_variables) std::filesystem::remove(stage_.directory / variable);
}

void TroubledStage::begin(const Trouble& trouble) {
  clear();
  for (const Json& rule : trouble.rules) REQUIRE(post_json(stage_.control_port, "/faults", rule));
  for (const Json& rule : common_rules()) REQUIRE(post_json(stage_.control_port, "/faults", rule));
  clocks_.set_wall(trouble.clock);
}

void TroubledStage::end() {
  clear();
  REQUIRE(post_json(stage_.control_port, "/webhooks", {{"drop", 0}, {"repeat", 0}, {"reorder", 0}}));
}

}  // namespace keeper::e2e
