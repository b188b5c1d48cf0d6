#include "base/json_writer.h"
#include "status/http_api.h"

namespace keeper {
namespace {

void write(JsonWriter& json, const PlanPreview& plan) {
  json.begin_object();
  json.field("plan", plan.plan.str());
  json.field("change", to_string(plan.change));
  json.field("start", plan.start);
  json.field("stop", plan.stop);
  json.field("roll_over", plan.roll_over);
  json.field("keep", plan.keep);
  json.text_or_null("why", plan.why);
  const bool stays = plan.change != PlanChange::removed;
  json.text_or_null("state", stays ? to_string(plan.standing.condition) : std::string_view{});
  json.text_or_null("blocked_reason", plan.standing.blocked_reason);
  json.field("blocked_until", plan.standing.blocked_until);
  json.field("next_start", plan.standing.next_start);
  json.end_object();
}

void write_names(JsonWriter& json, std::string_view name, const std::vector<ProviderName>& names) {
  json.begin_array(name);
  for (const ProviderName& each : names) json.value(std::string_view(each.str()));
  json.end_array();
}

}  // namespace

ApiAnswer Api::preview(const ApiRequest& request, const Parts&) {
  QueryReader query(request.parameters);
  const std::string name = query.text("file").value_or("");
  if (const std::string complaint = query.complaint(); !complaint.empty()) return problem(400, complaint);
  if (request.body.empty()) return problem(400, "the body must be the text of a configuration file");
  if (auto elsewhere = at_follower()) return *std::move(elsewhere);
  const Result<Preview> preview = ports_.preview(request.body, name);
  if (!preview)
    return problem(preview.error().kind == ErrorKind::malformed ? 422 : 503, preview.error().what);
  JsonWriter json;
  json.begin_object();
  json.begin_array("plans");
  for (const PlanPreview& plan : preview->plans) write(json, plan);
  json.end_array();
  write_names(json, "providers_added", preview->providers_added);
  write_names(json, "providers_removed", preview->providers_removed);
  json.end_object();
  return {.body = json.take()};
}

}  // namespace keeper
