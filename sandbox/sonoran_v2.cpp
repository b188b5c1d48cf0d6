#include <algorithm>

#include "sandbox/notte.h"
#include "sandbox/sonoran.h"

namespace sandbox {
namespace {

constexpr int kCeiling = 27;
constexpr int kCancelCeiling = 9;

const char* title_of(int status) {
  static constexpr std::pair<int, const char*> kTitles[] = {
      {400, "Bad Request"},       {401, "Unauthorized"},
      {402, "Payment Required"},  {403, "Forbidden"},
      {404, "Not Found"},         {405, "Method Not Allowed"},
      {409, "Conflict"},          {422, "Unprocessable Entity"},
      {429, "Too Many Requests"}, {500, "Internal Server Error"},
      {502, "Bad Gateway"},       {503, "Service Unavailable"}};
  const auto* found = std::find_if(std::begin(kTitles), std::end(kTitles),
                                   [status](const auto& entry) { return entry.first == status; });
  return found == std::end(kTitles) ? "Error" : found->second;
}

std::optional<std::int64_t> whole_number(const std::string& text) {
  if (text.empty() || text.size() > 15 || text.find_first_not_of("0123456789") != text.npos)
    return std::nullopt;
  return std::stoll(text);
}

}  // namespace

Answer Sonoran::problem(int status, const std::string& detail, const Request& request,
                        const std::string& id) {
  const Json body = {{"type", "https://httpstatuses.com/" + std::to_string(status)},
                     {"title", title_of(status)},
                     {"status", status},
                     {"detail", detail},
                     {"instance", request.path},
                     {"traceId", "00-" + world_.ids.hex(32) + "-" + world_.ids.hex(16) + "-00"}};
  Answer answer = json_answer(status, body, id);
  answer.content_type = "application/problem+json";
  return answer;
}

Answer Sonoran::gateway_limit(std::optional<std::chrono::seconds> wait) {
  Answer answer =
      json_answer(429, {{"message", "API rate limit exceeded"}, {"request_id", world_.ids.hex(32)}});
  if (wait) answer.headers.emplace_back("Retry-After", std::to_string(wait->count()));
  return answer;
}

std::optional<Answer> Sonoran::refuse(const Request& request) {
  if (!world_.switches.check_credentials) return std::nullopt;
  if (!request.authorization) return problem(401, "Missing Authorization header.", request);
  const auto token = bearer_of(request);
  if (!token) return problem(401, "Authorization header must use the Bearer scheme.", request);
  const auto& keys = world_.keys.sonoran;
  if (std::find(keys.begin(), keys.end(), *token) != keys.end()) return std::nullopt;
  return problem(401, "Invalid API key.", request);
}

std::optional<Answer> Sonoran::limit(const Request& request, Limit which) {
  const Switches& switches = world_.switches;
  if (!switches.sonoran_rate_limit) return std::nullopt;
  const std::chrono::seconds block(switches.sonoran_rate_limit_block_seconds);
  const auto wait = windows_[{bearer_of(request).value_or(""), which}].count(
      world_.clock.now(), which == Limit::cancel ? kCancelCeiling : kCeiling, block);
  if (!wait) return std::nullopt;
  return gateway_limit(switches.sonoran_rate_limit_retry_after ? wait : std::nullopt);
}

std::optional<Route> Sonoran::route(const Request& request) {
  const auto& path = request.segments;
  if (path.size() < 2 || path[0] != "v2" || path[1] != "community") return std::nullopt;
  const auto guarded = [this](Operation operation, Limit which, auto call) {
    return Route{Provider::sonoran_cms, operation, [this, which, call](const Request& asked) {
                   if (auto limited = limit(asked, which)) return *limited;
                   if (auto refused = refuse(asked)) return *refused;
                   return call(asked);
                 }};
  };
  if (request.path == "/v2/community/sessions/current" && request.method == "GET") {
    return guarded(Operation::read, Limit::current,
                   [this](const Request& asked) { return serve_current(asked); });
  }
  if (request.path == "/v2/community/sessions") {
    if (request.method == "POST") {
      return guarded(Operation::start, Limit::start,
                     [this](const Request& asked) { return serve_start(asked); });
    }
    if (request.method == "PATCH") {
      return guarded(Operation::stop, Limit::stop,
                     [this](const Request& asked) { return serve_finish(asked, false); });
    }
    if (request.method == "DELETE") {
      return guarded(Operation::cancel, Limit::cancel,
                     [this](const Request& asked) { return serve_finish(asked, true); });
    }
    return Route{Provider::sonoran_cms, Operation::other, [this](const Request& asked) {
                   Answer answer = problem(405, "Method not allowed.", asked);
                   answer.headers.emplace_back("Allow", "POST, PATCH, DELETE");
                   return answer;
                 }};
  }
  return Route{Provider::sonoran_cms, Operation::other,
               [this](const Request& asked) { return problem(404, "Resource not found.", asked); }};
}

std::pair<Sonoran::Target, std::string> Sonoran::target_of(const Request& request) const {
  Target target{.credential = bearer_of(request).value_or(""), .server_id = 0, .account_id = {}};
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) return {target, "The body must be a JSON object."};
  if (!body->contains("serverId") || !(*body)["serverId"].is_number_integer()) {
    return {target, "serverId is required and must be a number."};
  }
  target.server_id = (*body)["serverId"];
  if (!body->contains("accId") || !(*body)["accId"].is_string() || (*body)["accId"].empty()) {
    return {target, "accId is required and must be a string."};
  }
  target.account_id = (*body)["accId"];
  if (target.account_id.empty()) return {target, "accId must not be empty."};
  return {target, ""};
}

Answer Sonoran::envelope(int status, const Remote* remote, const Request& request) {
  return json_answer(status,
                     {{"success", true},
                      {"data", remote ? row(*remote) : Json()},
                      {"meta", {{"timestamp", time_text(world_.clock.now())}, {"path", request.path}}}},
                     remote ? remote->id : "");
}

Answer Sonoran::refusal(const Result& result, const Request& request) {
  const std::string id = result.remote ? result.remote->id : "";
  switch (result.outcome) {
    case Outcome::conflict:
      return problem(409, "A session is already active for this server.", request, id);
    case Outcome::session_error:
      return problem(400, "SESSION_ERROR", request, id);
    case Outcome::unknown_server:
      return problem(404, "The server is not configured for this community.", request);
    case Outcome::not_found:
    case Outcome::created:
    case Outcome::existing:
    case Outcome::row:
    case Outcome::none:
      break;
  }
  return problem(404, "No active session for this server.", request);
}

Answer Sonoran::serve_current(const Request& request) {
  const auto server = whole_number(request.query_value("serverId").value_or(""));
  if (!server) return problem(400, "serverId is required and must be a number.", request);
  const Result result =
      current({.credential = bearer_of(request).value_or(""), .server_id = *server, .account_id = {}});
  if (result.outcome == Outcome::row || result.outcome == Outcome::none) {
    return envelope(200, result.remote, request);
  }
  return refusal(result, request);
}

Answer Sonoran::serve_start(const Request& request) {
  const auto [target, wrong] = target_of(request);
  if (!wrong.empty()) return problem(400, wrong, request);
  const Result result = start(target);
  if (result.outcome == Outcome::created) return envelope(201, result.remote, request);
  if (result.outcome == Outcome::existing) return envelope(200, result.remote, request);
  return refusal(result, request);
}

Answer Sonoran::serve_finish(const Request& request, bool cancel) {
  const auto [target, wrong] = target_of(request);
  if (!wrong.empty()) return problem(400, wrong, request);
  const Result result = finish(target, cancel);
  if (result.outcome != Outcome::row) return refusal(result, request);
  if (!cancel) return envelope(200, result.remote, request);
  return {.status = 204, .body = {}, .content_type = {}, .headers = {}, .remote_id = result.remote->id};
}

}  // namespace sandbox
