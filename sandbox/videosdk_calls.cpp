#include <algorithm>
#include <map>

#include "sandbox/videosdk.h"

namespace sandbox {
namespace {

bool is_text_or_absent(const Json& object, const char* field) {
  return !object.contains(field) || object[field].is_null() || object[field].is_string();
}

std::string text(const Json& object, const char* field) {
  return object.contains(field) && object[field].is_string() ? object[field].get<std::string>() : "";
}

bool is_text_map(const Json& value) {
  return value.is_object() &&
         std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
}

// Nothing if the start's body is good.
std::optional<std::string> start_problem(const Json& body) {
  if (text(body, "deploymentId").empty()) return "deploymentId is required";
  if (!is_text_or_absent(body, "tag")) return "tag must be a string";
  if (body.contains("env") && !is_text_map(body["env"])) return "env must be an object of strings";
  if (body.contains("metaData") && !body["metaData"].is_object()) return "metaData must be an object";
  if (!body.contains("webhook")) return std::nullopt;
  const Json& webhook = body["webhook"];
  if (!webhook.is_object()) return "webhook must be an object";
  const std::string url = text(webhook, "endPoint");
  if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0) return "webhook.endPoint must be a URL";
  if (url.size() > 512) return "webhook.endPoint must have at most 512 characters";
  if (!webhook.contains("events")) return std::nullopt;
  const Json& events = webhook["events"];
  const bool texts = events.is_array() && std::all_of(events.begin(), events.end(),
                                                      [](const Json& each) { return each.is_string(); });
  if (!texts) return "webhook.events must be a list of strings";
  return std::nullopt;
}

std::optional<std::size_t> page_number(const Request& request, const char* name, std::size_t otherwise) {
  const auto value = request.query_value(name);
  if (!value) return otherwise;
  const bool digits =
      !value->empty() && value->size() < 8 && value->find_first_not_of("0123456789") == value->npos;
  if (!digits || std::stoul(*value) == 0) return std::nullopt;
  return std::stoul(*value);
}

}  // namespace

Answer Videosdk::start(const Request& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) return error(400, "The body must be a JSON object");
  if (const auto problem = start_problem(*body)) return error(400, *problem);
  VideosdkSession session;
  session.deployment_id = text(*body, "deploymentId");
  session.tag = text(*body, "tag");
  if (body->contains("webhook")) {
    const Json& webhook = (*body)["webhook"];
    session.has_webhook = true;
    session.endpoint = text(webhook, "endPoint");
    if (webhook.contains("events")) session.events = webhook["events"].get<std::vector<std::string>>();
  }
  const Remote& remote = create(std::move(session), body->value("metaData", Json::object()));
  return json_answer(world_.switches.videosdk_success_status,
                     {{"message", "Session started successfully"}, {"data", describe(remote)}}, remote.id);
}

Answer Videosdk::end_call(const Request& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object() || text(*body, "sessionId").empty())
    return error(400, "sessionId is required");
  const std::string id = text(*body, "sessionId");
  Remote* remote = find(id);
  if (!remote) return error(world_.switches.videosdk_not_found_status, "Session not found", id);
  const std::string& repeated = world_.switches.videosdk_end_of_ended;
  if (remote->ended_at && repeated != "ok") {
    const int status = repeated == "error_400" ? 400 : repeated == "error_404" ? 404 : 409;
    return error(status, "Session already ended", remote->id);
  }
  const Time now = world_.clock.now();
  const bool running = !remote->ended_at && std::get<VideosdkSession>(remote->own).phase != Phase::stopping;
  if (running) begin_stop(*remote, "stopped", now);
  Json row = describe(*remote);
  // As in the documented sample, where updatedAt precedes end.
  if (running) {
    const Time updated = std::max(remote->created_at, now - std::chrono::milliseconds(300));
    row["updatedAt"] = iso_time(updated, 3, "Z");
  }
  return json_answer(world_.switches.videosdk_success_status,
                     {{"message", "Session stopped successfully"}, {"data", std::move(row)}}, remote->id);
}

Answer Videosdk::details(const std::string& id) {
  const Remote* remote = find(id);
  if (!remote) return error(world_.switches.videosdk_not_found_status, "Session not found", id);
  Json row = describe(*remote);
  if (world_.switches.videosdk_metadata_in_details) row["metadata"] = remote->metadata;
  return json_answer(200, row, remote->id);
}

Answer Videosdk::list(const Request& request) {
  const auto page = page_number(request, "page", 1);
  const auto size = page_number(request, "perPage", 10);
  if (!page || !size) return error(400, "page and perPage must be positive numbers");
  std::vector<const Remote*> rows;
  for (const Remote& each : world_.ledger.all()) {
    if (each.provider == Provider::videosdk) rows.push_back(&each);
  }
  const std::string& order = world_.switches.videosdk_list_order;
  if (order == "newest_first") std::reverse(rows.begin(), rows.end());
  // Identifiers are random, so this is any order, and the same one on every page.
  if (order == "unordered")
    std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->id < b->id; });
  Json listed = Json::array();
  for (std::size_t i = (*page - 1) * *size; i < rows.size() && i < *page * *size; ++i) {
    const auto& session = std::get<VideosdkSession>(rows[i]->own);
    Json row = Json::object();
    if (session.has_webhook) row["webhook"] = {{"endpoint", session.endpoint}, {"events", session.events}};
    row.update(describe(*rows[i]));
    row["metadata"] = rows[i]->metadata;
    listed.push_back(std::move(row));
  }
  const std::size_t pages = (rows.size() + *size - 1) / *size;
  const std::size_t total = world_.switches.videosdk_page_total == "items" ? rows.size() : pages;
  return json_answer(
      200, {{"data", std::move(listed)},
            {"pageInfo",
             {{"totalItems", rows.size()}, {"currentPage", *page}, {"perPage", *size}, {"total", total}}}});
}

Answer Videosdk::dispatch(const Request& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object() || text(*body, "agentId").empty()) return error(400, "agentId is required");
  const std::string room = text(*body, "roomId").empty() ? text(*body, "meetingId") : text(*body, "roomId");
  if (room.empty()) return error(400, "roomId is required");
  VideosdkSession session;
  session.deployment_id = text(*body, "agentId");
  session.tag = text(*body, "versionTag");
  const Json metadata = body->contains("metadata") ? (*body)["metadata"] : Json::object();
  const Remote& remote = create(std::move(session), metadata);
  return json_answer(200,
                     {{"message", "Agent dispatched successfully"},
                      {"data",
                       {{"success", true},
                        {"status", "assigned"},
                        {"roomId", room},
                        {"agentId", text(*body, "agentId")},
                        {"jobId", remote.id},
                        {"workerId", "worker-1"},
                        {"cloud", true}}}},
                     remote.id);
}

Answer Videosdk::create_deployment(const Request& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object() || text(*body, "name").empty()) return error(400, "name is required");
  return json_answer(200, {{"message", "Deployment created successfully"},
                           {"data",
                            {{"deploymentId", world_.ids.uuid()},
                             {"name", text(*body, "name")},
                             {"description", text(*body, "description")}}}});
}

}  // namespace sandbox
