#include "sandbox/faults.h"

#include <algorithm>

#include "sandbox/latency.h"

namespace sandbox {
namespace {

std::optional<BodyKind> body_named(const Json& name) {
  if (name == "json") return BodyKind::json;
  if (name == "problem") return BodyKind::problem;
  if (name == "text") return BodyKind::text;
  if (name == "html") return BodyKind::html;
  return std::nullopt;
}

bool take_probability(double& target, const Json& value) {
  if (!value.is_number() || value < 0 || value > 1) return false;
  target = value;
  return true;
}

bool take_milliseconds(int& target, const Json& value) {
  if (!value.is_number_integer() || value < 0 || value > 86400000) return false;
  target = value;
  return true;
}

bool take_flag(bool& target, const Json& value) {
  if (!value.is_boolean()) return false;
  target = value;
  return true;
}

bool take_selection(Rule& rule, const std::string& name, const Json& value) {
  if (name == "provider") {
    if (value.is_string()) rule.provider = provider_named(value.get<std::string>());
    return rule.provider.has_value();
  }
  if (name == "operation") {
    if (value.is_string()) rule.operation = operation_named(value.get<std::string>());
    return rule.operation.has_value();
  }
  if (name == "times") {
    if (value.is_number_integer() && value >= 0) rule.times = value.get<std::int64_t>();
    return rule.times.has_value();
  }
  if (name == "seed") {
    if (!value.is_number_integer()) return false;
    rule.seed = static_cast<std::uint64_t>(value.get<std::int64_t>());
    return true;
  }
  return name == "probability" && take_probability(rule.probability, value);
}

bool take_answer(Rule& rule, const std::string& name, const Json& value) {
  if (name == "status") {
    if (value.is_number_integer() && value >= 200 && value <= 599) rule.status = value.get<int>();
    return rule.status.has_value();
  }
  if (name == "body") {
    rule.body = body_named(value);
    return rule.body.has_value();
  }
  if (name == "retry_after") {
    if (value.is_number_integer() && value >= 0) rule.retry_after = std::to_string(value.get<std::int64_t>());
    if (value.is_string()) rule.retry_after = value.get<std::string>();
    return rule.retry_after && rule.retry_after->find_first_of("\r\n") == std::string::npos;
  }
  if (name == "latency_profile") {
    rule.latency_measured = value == "measured";
    return rule.latency_measured;
  }
  if (name == "latency_ms") return take_milliseconds(rule.latency_ms, value);
  if (name == "latency_before_effect") return take_flag(rule.latency_before_effect, value);
  if (name == "status_after_effect") return take_flag(rule.status_after_effect, value);
  if (name == "slow_body_ms") return take_milliseconds(rule.slow_body_ms, value);
  if (name == "reset_before_effect") return take_probability(rule.reset_before_effect, value);
  return name == "reset_after_effect" && take_probability(rule.reset_after_effect, value);
}

bool take_list(ListFault& list, const std::string& name, const Json& value) {
  if (name == "list_hides_ms") return take_milliseconds(list.hides_ms, value);
  if (name == "list_odd_items") return take_flag(list.odd_items, value);
  if (name != "list_shows_max" || !value.is_number_integer() || value < 0 || value > 1000000) return false;
  list.shows_max = value.get<int>();
  return true;
}

constexpr const char* kSelection[] = {"provider", "operation", "probability", "times", "seed"};

}  // namespace

std::string Faults::add(const Json& wanted, std::string& problem) {
  Rule rule;
  for (const auto& [name, value] : wanted.items()) {
    const bool selects =
        std::find(std::begin(kSelection), std::end(kSelection), name) != std::end(kSelection);
    const bool of_list = name.rfind("list_", 0) == 0;
    if (selects   ? take_selection(rule, name, value)
        : of_list ? take_list(rule.list, name, value)
                  : take_answer(rule, name, value))
      continue;
    problem =
        name + ": " + dump(value) +
        " is not possible; GET /faults lists the switches, and the keys are provider, operation, "
        "probability, "
        "times, seed, latency_ms, latency_profile, latency_before_effect, status, status_after_effect, body, "
        "retry_after, slow_body_ms, reset_before_effect, reset_after_effect, list_hides_ms, list_shows_max, "
        "list_odd_items";
    return "";
  }
  // An error was wanted, and no other one named.
  if (!rule.status && (rule.body || rule.retry_after)) rule.status = 503;
  std::string id = "fault-" + std::to_string(next_++);
  rules_.push_back({.id = id, .given = wanted, .rule = rule, .random = Ids(rule.seed)});
  return id;
}

bool Faults::remove(const std::string& id) {
  const auto found =
      std::find_if(rules_.begin(), rules_.end(), [&](const Active& each) { return each.id == id; });
  if (found == rules_.end()) return false;
  rules_.erase(found);
  return true;
}

Verdict Faults::judge(Provider provider, Operation operation) {
  Verdict verdict;
  for (Active& active : rules_) {
    const Rule& rule = active.rule;
    if (rule.provider && *rule.provider != provider) continue;
    if (rule.operation && *rule.operation != operation) continue;
    if (rule.times && active.hits >= *rule.times) continue;
    if (active.random.uniform() >= rule.probability) continue;
    if (strike(active, operation, verdict)) ++active.hits;
  }
  return verdict;
}

bool Faults::strike(Active& active, Operation operation, Verdict& verdict) {
  const Rule& rule = active.rule;
  std::chrono::milliseconds latency(rule.latency_ms);
  if (rule.latency_measured) latency += measured_latency(operation, active.random.uniform());
  (rule.latency_before_effect ? verdict.latency_before : verdict.latency_after) += latency;
  const bool reset_before = active.random.uniform() < rule.reset_before_effect;
  const bool reset_after = active.random.uniform() < rule.reset_after_effect;
  verdict.reset_before = verdict.reset_before || reset_before;
  verdict.reset_after = verdict.reset_after || reset_after;
  verdict.slow_body += std::chrono::milliseconds(rule.slow_body_ms);
  if (rule.status && !verdict.status) {
    verdict.status = rule.status;
    verdict.status_after_effect = rule.status_after_effect;
    verdict.body = rule.body;
    verdict.retry_after = rule.retry_after;
  }
  const bool of_list = operation == Operation::list && rule.list.is_any();
  if (of_list) verdict.list = rule.list;
  return reset_before || reset_after || latency.count() > 0 || rule.slow_body_ms > 0 || rule.status ||
         of_list;
}

Json Faults::describe() const {
  Json all = Json::array();
  for (const Active& each : rules_) {
    Json row = {{"id", each.id}, {"hits", each.hits}};
    row.update(each.given);
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace sandbox
