#include "sandbox/sonoran_v1.h"

#include <algorithm>

namespace sandbox {
namespace {

Answer text_answer(int status, const std::string& text, const std::string& id = {}) {
  return {.status = status, .body = text, .content_type = "text/plain", .headers = {}, .remote_id = id};
}

bool has_text(const Json& body, const char* field) { return body.contains(field) && body[field].is_string(); }

}  // namespace

std::optional<Answer> SonoranV1::refuse(const Json& body) const {
  if (!world_.switches.check_credentials) return std::nullopt;
  const auto& keys = world_.keys.sonoran;
  if (std::find(keys.begin(), keys.end(), body["key"].get<std::string>()) == keys.end()) {
    return text_answer(400, "INVALID API KEY");
  }
  const bool named =
      body.contains("id") && (body["id"].is_number() || (has_text(body, "id") && body["id"] != ""));
  if (!named) return text_answer(400, "INVALID COMMUNITY ID");
  return std::nullopt;
}

std::optional<Route> SonoranV1::route(const Request& request) {
  if (request.method != "POST" || request.authorization) return std::nullopt;
  const auto body = parse_json(request.body);
  if (!body || !body->is_object() || !has_text(*body, "key") || !has_text(*body, "type")) return std::nullopt;
  const std::string& path = request.path;
  const auto routed = [this](Operation operation, Call call) {
    return Route{Provider::sonoran_cms, operation,
                 [this, call](const Request& asked) { return serve(call, asked); }};
  };
  if (path == "/sessions/start" || path == "/servers/start_session")
    return routed(Operation::start, Call::start);
  if (path == "/sessions/stop" || path == "/servers/stop_session") return routed(Operation::stop, Call::stop);
  if (path == "/sessions/cancel" || path == "/servers/cancel_session") {
    return routed(Operation::cancel, Call::cancel);
  }
  if (path == "/sessions/get_current" || path == "/servers/get_current_session") {
    return routed(Operation::read, Call::current);
  }
  const auto fixed = [this](const char* text, const char* type) {
    return Route{Provider::sonoran_cms, Operation::other,
                 [this, text, type](const Request& asked) { return constant(text, type, asked); }};
  };
  if (path == "/general/get_sub_version") return fixed("4", "text/plain");
  if (path == "/servers/get_game_servers") return fixed("{\"servers\":[]}", "application/json");
  return Route{Provider::sonoran_cms, Operation::other,
               [](const Request&) { return text_answer(200, "Sonoran CMS: Backend Service Reached"); }};
}

Answer SonoranV1::constant(const char* text, const char* type, const Request& request) const {
  if (auto refused = refuse(*parse_json(request.body))) return *refused;
  return {.body = text, .content_type = type, .headers = {}, .remote_id = {}};
}

Answer SonoranV1::serve(Call call, const Request& request) {
  const Json body = *parse_json(request.body);
  if (auto refused = refuse(body)) return *refused;
  const Json first = body.contains("data") && body["data"].is_array() && !body["data"].empty()
                         ? body["data"][0]
                         : Json::object();
  if (!first.is_object() || !first.contains("serverId")) return text_answer(400, "NO_SERVER_ID");
  if (!first["serverId"].is_number_integer()) return text_answer(400, "INVALID_SERVER");
  const Sonoran::Target target{
      .credential = body["key"],
      .server_id = first["serverId"],
      .account_id = has_text(first, "accId") ? first["accId"].get<std::string>() : ""};
  const auto ask = [&] {
    switch (call) {
      case Call::start:
        return sonoran_.start(target);
      case Call::stop:
        return sonoran_.finish(target, false);
      case Call::cancel:
        return sonoran_.finish(target, true);
      case Call::current:
        break;
    }
    return sonoran_.current(target);
  };
  const Sonoran::Result result = ask();
  switch (result.outcome) {
    case Sonoran::Outcome::created:
    case Sonoran::Outcome::existing:
    case Sonoran::Outcome::row:
      return json_answer(200, sonoran_.row(*result.remote), result.remote->id);
    case Sonoran::Outcome::none:
      return json_answer(200, nullptr);
    case Sonoran::Outcome::unknown_server:
      return text_answer(400, "INVALID_SERVER");
    case Sonoran::Outcome::conflict:
    case Sonoran::Outcome::session_error:
    case Sonoran::Outcome::not_found:
      break;
  }
  return text_answer(400, "SESSION_ERROR", result.remote ? result.remote->id : "");
}

}  // namespace sandbox
