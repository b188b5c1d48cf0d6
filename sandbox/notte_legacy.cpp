#include "sandbox/notte_legacy.h"

namespace sandbox {
namespace {

constexpr int kTimeoutLimit = 30;

Answer bad_input(const std::string& detail, const std::string& id = {}) {
  return json_answer(400, {{"detail", detail}}, id);
}

std::optional<int> minutes(const std::string& text) {
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != text.npos)
    return std::nullopt;
  return std::stoi(text);
}

}  // namespace

NotteLegacy::Fields NotteLegacy::read(const Request& request) const {
  Fields fields;
  if (const auto id = request.query_value("session_id")) fields.session_id = *id;
  if (const auto keep = request.query_value("keep_alive")) {
    fields.keep_alive = fields.keep_alive_in_query = *keep == "true" || *keep == "True" || *keep == "1";
  }
  if (const auto timeout = request.query_value("session_timeout")) {
    const auto value = minutes(*timeout);
    if (!value || *value < 1 || *value > kTimeoutLimit) fields.problem = "session_timeout must be 1 to 30";
    fields.timeout_minutes = value.value_or(0);
  }
  if (request.body.empty()) return fields;
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) {
    fields.problem = "the body is not a JSON object";
    return fields;
  }
  const auto given = [&](const char* name) { return body->contains(name) && !(*body)[name].is_null(); };
  if (given("session_id")) {
    if ((*body)["session_id"].is_string())
      fields.session_id = (*body)["session_id"];
    else
      fields.problem = "session_id must be a string";
  }
  if (given("keep_alive")) {
    if ((*body)["keep_alive"].is_boolean())
      fields.keep_alive = (*body)["keep_alive"];
    else
      fields.problem = "keep_alive must be a boolean";
  }
  if (given("screenshot") && !(*body)["screenshot"].is_boolean())
    fields.problem = "screenshot must be a boolean";
  if (given("session_timeout_minutes")) {
    const Json& value = (*body)["session_timeout_minutes"];
    if (!value.is_number_integer() || value < 1 || value > kTimeoutLimit) {
      fields.problem = "session_timeout_minutes must be 1 to 30";
    } else {
      fields.timeout_minutes = value;
    }
  }
  return fields;
}

std::optional<Route> NotteLegacy::route(const Request& request) {
  const auto& path = request.segments;
  if (path.size() != 2 || request.method != "POST") return std::nullopt;
  const auto guarded = [this](Operation operation, auto call) {
    return Route{Provider::notte, operation, [this, call](const Request& asked) {
                   if (auto refused = notte_.refuse(asked)) return *refused;
                   return call(asked);
                 }};
  };
  if (path[0] == "session" && path[1] == "start") {
    return guarded(Operation::start, [this](const Request& asked) { return start(asked); });
  }
  if (path[0] == "session" && path[1] == "close") {
    return guarded(Operation::stop, [this](const Request& asked) { return close(asked); });
  }
  if (path[0] == "env" && (path[1] == "observe" || path[1] == "step" || path[1] == "scrape")) {
    const std::string what = path[1];
    return guarded(Operation::activity, [this, what](const Request& asked) { return operate(what, asked); });
  }
  return std::nullopt;
}

Json NotteLegacy::describe(const Remote& remote) const {
  const auto& session = std::get<NotteSession>(remote.own);
  const Time until = remote.ended_at.value_or(world_.clock.now());
  return {{"session_id", remote.id},
          {"timeout_minutes", session.idle_minutes},
          {"created_at", iso_time(world_.told_creation(remote), 6, "")},
          {"last_accessed_at", iso_time(remote.last_activity_at, 6, "")},
          {"duration", iso_duration(until - remote.created_at)},
          {"status", remote.state},
          {"error", session.error.empty() ? Json() : Json(session.error)}};
}

Json NotteLegacy::session_answer(const Remote& remote) const {
  if (world_.switches.legacy_answer == "full") return describe(remote);
  return {{"session_id", remote.id}, {"error", nullptr}};
}

Remote& NotteLegacy::create(const Fields& fields, const Request& request) {
  const std::string& keep_alive = world_.switches.legacy_keep_alive;
  NotteSession session;
  session.legacy = true;
  session.idle_minutes = fields.timeout_minutes;
  session.idle_expires = !((keep_alive == "query_outlives" && fields.keep_alive_in_query) ||
                           (keep_alive == "outlives" && fields.keep_alive));
  return notte_.create(bearer_of(request).value_or(""), std::move(session));
}

Answer NotteLegacy::start(const Request& request) {
  const Fields fields = read(request);
  if (!fields.problem.empty()) return bad_input(fields.problem);
  if (!fields.session_id.empty())
    return bad_input("session_id must not be given on start", fields.session_id);
  Remote& remote = create(fields, request);
  return json_answer(200, session_answer(remote), remote.id);
}

Answer NotteLegacy::close(const Request& request) {
  const Fields fields = read(request);
  if (!fields.problem.empty()) return bad_input(fields.problem);
  Remote* remote = world_.ledger.find(fields.session_id);
  if (!remote || remote->provider != Provider::notte) {
    return bad_input("session " + fields.session_id + " not found", fields.session_id);
  }
  if (remote->ended_at && world_.switches.notte_second_stop == "error") {
    return bad_input("session " + remote->id + " is already closed", remote->id);
  }
  notte_.end(*remote, "closed", "stopped", world_.clock.now());
  return json_answer(200, session_answer(*remote), remote->id);
}

Answer NotteLegacy::operate(const std::string& operation, const Request& request) {
  const Fields fields = read(request);
  if (!fields.problem.empty()) return bad_input(fields.problem);
  Remote* remote = nullptr;
  if (fields.session_id.empty()) {
    remote = &create(fields, request);
  } else {
    remote = world_.ledger.find(fields.session_id);
    if (!remote || remote->provider != Provider::notte) {
      return bad_input("session " + fields.session_id + " not found", fields.session_id);
    }
    if (remote->ended_at) return bad_input("session " + remote->id + " is closed", remote->id);
  }
  if (operation == "observe" && world_.switches.notte_observe_fails) {
    if (world_.switches.notte_failed_observe_touches) notte_.touch(*remote, "observe");
    return json_answer(500, {{"detail", "No snapshot is available"}}, remote->id);
  }
  notte_.touch(*remote, operation == "step" ? "execute" : operation.c_str());
  // An operation that made its own session ends it, unless told to keep it.
  if (fields.session_id.empty() && !fields.keep_alive) {
    notte_.end(*remote, "closed", "closed_after_operation", world_.clock.now());
  }
  Json body = {{"session", describe(*remote)}};
  if (operation == "scrape") {
    body["markdown"] = "# Example";
  } else {
    body["metadata"] = {{"title", "Example"}, {"url", "https://example.org/"}};
    body["screenshot"] = nullptr;
    body["space"] = nullptr;
  }
  return json_answer(200, body, remote->id);
}

}  // namespace sandbox
