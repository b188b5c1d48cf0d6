#include "sandbox/lies.h"

#include <functional>

namespace sandbox {
namespace {

// The session that the call names in its path or its body; null: none, or one that never was.
Remote* remote_of(World& world, const Request& request) {
  for (const std::string& part : request.segments) {
    if (Remote* remote = world.ledger.find(part)) return remote;
  }
  const auto body = parse_json(request.body);
  if (!body || !body->is_object() || !body->contains("sessionId")) return nullptr;
  const Json& id = (*body)["sessionId"];
  return id.is_string() ? world.ledger.find(id.get<std::string>()) : nullptr;
}

Answer refused(int status, const std::string& id) { return json_answer(status, {{"message", "no"}}, id); }

// As the stop of a session at Notte is answered.
Answer stopped_in_words(Providers& providers, const Remote& remote, const Request& stop) {
  Request read = stop;
  read.method = "GET";
  read.body.clear();
  read.segments = {"sessions", remote.id};
  const auto route = providers.route(read);
  Answer answer = route ? route->serve(read) : refused(404, remote.id);
  auto body = parse_json(answer.body);
  if (!body || !body->is_object() || answer.status != 200) return answer;
  (*body)["status"] = "closed";
  answer.body = dump(*body);
  return answer;
}

std::optional<Answer> answered_before(World& world, Providers& providers, const Route& route,
                                      const Request& request) {
  const Switches& switches = world.switches;
  const Remote* remote = remote_of(world, request);
  if (route.operation == Operation::read) {
    if (remote == nullptr && switches.lie_unknown_status > 0) return refused(switches.lie_unknown_status, {});
    if (remote != nullptr && !remote->ended_at && switches.lie_reads_unknown) return refused(404, remote->id);
  }
  if (route.operation != Operation::stop || remote == nullptr) return std::nullopt;
  if (remote->ended_at && switches.lie_second_stop_status > 0)
    return refused(switches.lie_second_stop_status, remote->id);
  if (switches.lie_stop_ignored && remote->provider == Provider::notte)
    return stopped_in_words(providers, *remote, request);
  return std::nullopt;
}

// Of every object in the value.
void each_object(Json& value, const std::function<void(Json&)>& change) {
  if (!value.is_structured()) return;
  if (value.is_object()) change(value);
  for (Json& item : value) each_object(item, change);
}

void use_other_words(Json& object) {
  const auto status = object.find("status");
  if (status == object.end() || !status->is_string()) return;
  *status = *status == "active" || *status == "running" ? "live" : "in_" + status->get<std::string>();
}

void keep_ended(World& world, const Request& request, Json& answer) {
  if (!answer.contains("items") || request.query_value("page").value_or("1") != "1") return;
  for (const Remote& remote : world.ledger.all()) {
    if (!remote.ended_at || remote.provider != Provider::notte) continue;
    answer["items"].push_back({{"session_id", remote.id},
                               {"status", "active"},
                               {"created_at", iso_time(remote.created_at, 6, "Z")}});
  }
}

void change_after(World& world, const Route& route, const Request& request, Answer& answer) {
  const Switches& switches = world.switches;
  const bool of_list = route.operation == Operation::list;
  if (!switches.lie_words && !(of_list && (switches.lie_tag_hidden || switches.lie_list_keeps_ended))) return;
  auto body = parse_json(answer.body);
  if (!body || !body->is_object() || answer.status != 200) return;
  if (of_list && switches.lie_list_keeps_ended) keep_ended(world, request, *body);
  if (of_list && switches.lie_tag_hidden) each_object(*body, [](Json& object) { object.erase("metadata"); });
  if (switches.lie_words) each_object(*body, use_other_words);
  answer.body = dump(*body);
}

}  // namespace

Answer serve_with_lies(World& world, Providers& providers, const Route& route, const Request& request) {
  if (auto answer = answered_before(world, providers, route, request)) return *std::move(answer);
  Answer answer = route.serve(request);
  change_after(world, route, request, answer);
  return answer;
}

}  // namespace sandbox
