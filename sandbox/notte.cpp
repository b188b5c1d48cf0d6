#include "sandbox/notte.h"

#include <algorithm>

#include "sandbox/notte_fields.h"

namespace sandbox {
namespace {

Answer detail_answer(int status, const std::string& detail, const std::string& id = {}) {
  return json_answer(status, {{"detail", detail}}, id);
}

std::optional<int> positive(const Request& request, const char* name, int otherwise, int limit) {
  const auto text = request.query_value(name);
  if (!text) return otherwise;
  const bool digits =
      !text->empty() && text->size() < 7 && text->find_first_not_of("0123456789") == text->npos;
  const int value = digits ? std::stoi(*text) : 0;
  if (value < 1 || value > limit) return std::nullopt;
  return value;
}

std::optional<bool> flag(const Request& request, const char* name, bool otherwise) {
  const auto text = request.query_value(name);
  if (!text) return otherwise;
  if (*text == "true" || *text == "True" || *text == "1") return true;
  if (*text == "false" || *text == "False" || *text == "0") return false;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> bearer_of(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!request.authorization || request.authorization->rfind(kScheme, 0) != 0) return std::nullopt;
  return request.authorization->substr(kScheme.size());
}

std::optional<Answer> Notte::refuse(const Request& request) const {
  if (!world_.switches.check_credentials) return std::nullopt;
  const auto token = bearer_of(request);
  const auto& keys = world_.keys.notte;
  if (token && std::find(keys.begin(), keys.end(), *token) != keys.end()) return std::nullopt;
  return json_answer(401, {{"message", "Authentication failed. Please check your API key."}});
}

std::optional<Answer> Notte::limit_calls() {
  const std::int64_t minute = unix_seconds(world_.clock.now()) / 60;
  if (minute != window_) calls_in_window_ = 0;
  window_ = minute;
  ++calls_in_window_;
  const int limit = world_.switches.notte_rate_limit_per_minute;
  if (limit == 0 || calls_in_window_ <= limit) return std::nullopt;
  return json_answer(
      429, {{"message", "Rate limit exceeded"}, {"detail", "Please wait before sending another request"}});
}

void Notte::decorate(Answer& answer) const {
  if (!world_.switches.notte_rate_limit_headers) return;
  const int limit = world_.switches.notte_rate_limit_per_minute;
  const std::int64_t now = unix_seconds(world_.clock.now());
  // Unlimited: the documented sample's limit, of which nothing is ever used up.
  int remaining = limit == 0 ? 99 : std::max(0, limit - (window_ == now / 60 ? calls_in_window_ : 0));
  if (answer.status == 429) remaining = 0;
  answer.headers.emplace_back("X-RateLimit-Limit", std::to_string(limit == 0 ? 100 : limit));
  answer.headers.emplace_back("X-RateLimit-Remaining", std::to_string(remaining));
  answer.headers.emplace_back("X-RateLimit-Reset", std::to_string((now / 60 + 1) * 60));
}

std::string Notte::time_text(Time time) const {
  return iso_time(time, 6, world_.switches.notte_timestamps == "naive" ? "" : "Z");
}

Json Notte::describe(const Remote& remote) const {
  const auto& session = std::get<NotteSession>(remote.own);
  const Time until = remote.ended_at.value_or(world_.clock.now());
  Json row = {{"session_id", remote.id},
              {"idle_timeout_minutes", session.idle_minutes},
              {"timeout_minutes", session.idle_minutes},
              {"max_duration_minutes", session.max_minutes ? Json(*session.max_minutes) : Json()},
              {"created_at", time_text(world_.told_creation(remote))},
              {"closed_at", remote.ended_at ? Json(time_text(*remote.ended_at)) : Json()},
              {"last_accessed_at", time_text(remote.last_activity_at)},
              {"duration", iso_duration(until - remote.created_at)},
              {"status", remote.state},
              {"steps", Json::array()},
              {"error", session.error.empty() ? Json() : Json(session.error)}};
  Json settings = session.settings;
  const Json cdp_url = settings.contains("cdp_url") ? settings["cdp_url"] : Json();
  for (const char* field : {"proxies", "browser_type", "use_file_storage"}) row[field] = settings[field];
  row["network_request_bytes"] = 0;
  row["network_response_bytes"] = 0;
  for (const char* field :
       {"user_agent", "viewport_width", "viewport_height", "headless", "solve_captchas"}) {
    row[field] = settings[field];
  }
  row["cdp_url"] = cdp_url.is_null() ? Json("wss://cdp.example.org/" + remote.id) : cdp_url;
  row["viewer_url"] = "https://viewer.example.org/" + remote.id;
  row["web_bot_auth"] = settings["web_bot_auth"];
  row["auth_ids"] = settings["auth_ids"];
  row["system_hidden"] = false;
  return row;
}

Remote& Notte::create(const std::string& credential, NotteSession session) {
  const Time now = world_.clock.now();
  if (session.max_minutes)
    *session.max_minutes = *session.max_minutes * world_.switches.lie_maximum_percent / 100;
  if (session.settings.empty()) session.settings = read_notte_fields("{}", false, 1440).session.settings;
  Remote& remote = world_.ledger.add({.id = world_.ids.uuid(),
                                      .provider = Provider::notte,
                                      .state = "active",
                                      .created_at = now,
                                      .last_activity_at = now,
                                      .credential = credential,
                                      .own = std::move(session)});
  schedule(remote);
  return remote;
}

void Notte::schedule(Remote& remote) {
  const auto& session = std::get<NotteSession>(remote.own);
  std::optional<Time> due;
  const auto idle = std::chrono::seconds(session.idle_minutes * 60) * world_.switches.lie_idle_percent / 100;
  if (session.idle_expires) due = remote.last_activity_at + idle;
  if (session.max_minutes) {
    const Time end = remote.created_at + std::chrono::minutes(*session.max_minutes);
    due = due ? std::min(*due, end) : end;
  }
  world_.ledger.set_due(remote, due);
}

void Notte::touch(Remote& remote, const char* call) {
  const auto& touching = world_.switches.notte_touching_calls;
  if (remote.ended_at || std::find(touching.begin(), touching.end(), call) == touching.end()) return;
  remote.last_activity_at = world_.clock.now();
  if (!world_.switches.lie_activity_only_told) schedule(remote);
}

void Notte::on_due(Remote& remote, Time when) {
  const auto& session = std::get<NotteSession>(remote.own);
  const bool at_maximum =
      session.max_minutes && when >= remote.created_at + std::chrono::minutes(*session.max_minutes);
  if (at_maximum) {
    end(remote, "timed_out", "max_duration", when);
  } else {
    end(remote, world_.switches.notte_status_after_idle, "idle_timeout", when);
  }
}

void Notte::end(Remote& remote, const std::string& as, const std::string& reason, Time when) {
  if (as == "error" && !remote.ended_at) {
    std::get<NotteSession>(remote.own).error = "The browser ended unexpectedly";
  }
  world_.ledger.end(remote, as, reason, when);
}

std::optional<Route> Notte::route(const Request& request) {
  const auto& path = request.segments;
  const auto guarded = [this](Operation operation, auto call) {
    return Route{Provider::notte, operation, [this, call](const Request& asked) {
                   if (auto refused = refuse(asked)) return *refused;
                   if (auto limited = limit_calls()) return *limited;
                   return call(asked);
                 }};
  };
  if (path.size() == 1 && request.method == "GET" && (path[0] == "health" || path[0] == "usage")) {
    const Json body = path[0] == "health" ? Json{{"status", "ok"}}
                                          : Json{{"monthly_usage", 0.0},
                                                 {"is_usage_limit_exceeded", false},
                                                 {"plan_type", "free"},
                                                 {"balance_amount", 5.0}};
    return Route{Provider::notte, Operation::other,
                 [body](const Request&) { return json_answer(200, body); }};
  }
  if (path.empty() || path[0] != "sessions") return std::nullopt;
  if (path.size() == 1 && request.method == "GET") {
    return guarded(Operation::list, [this](const Request& asked) { return list(asked); });
  }
  if (path.size() == 2 && path[1] == "start" && request.method == "POST") {
    return guarded(Operation::start, [this](const Request& asked) { return start(asked); });
  }
  if (path.size() < 2) return std::nullopt;
  const std::string id = path[1];
  if (path.size() == 2 && request.method == "GET") {
    return guarded(Operation::read, [this, id](const Request& asked) { return status(id, asked); });
  }
  if (path.size() == 3 && path[2] == "stop" && request.method == "DELETE") {
    return guarded(Operation::stop, [this, id](const Request& asked) { return stop(id, asked); });
  }
  if (path.size() == 4 && path[2] == "page" && request.method == "POST") {
    const std::string what = path[3];
    if (what == "observe" || what == "execute" || what == "scrape" || what == "screenshot") {
      return guarded(Operation::activity,
                     [this, id, what](const Request& asked) { return operate(id, what, asked); });
    }
  }
  if (path.size() >= 3 && (request.method == "GET" || path[2] == "cookies")) {
    const std::string what = path[2];
    return guarded(Operation::other,
                   [this, id, what](const Request& asked) { return side_read(id, what, asked); });
  }
  return std::nullopt;
}

bool Notte::at_concurrency_limit() {
  const int limit = world_.switches.notte_concurrency_limit;
  if (limit == 0) return false;
  const auto& live = world_.ledger.live();
  return std::count_if(live.begin(), live.end(), [this](std::size_t index) {
           return world_.ledger.at(index).provider == Provider::notte;
         }) >= limit;
}

Answer Notte::start(const Request& request) {
  const Switches& switches = world_.switches;
  if (switches.notte_idempotency_key && !request.idempotency_key.empty()) {
    const auto earlier = started_by_idempotency_key_.find(request.idempotency_key);
    if (earlier != started_by_idempotency_key_.end()) {
      return json_answer(200, describe(*world_.ledger.find(earlier->second)), earlier->second);
    }
  }
  NotteFields fields =
      read_notte_fields(request.body, switches.notte_strict_fields, switches.notte_max_duration_cap);
  if (!fields.issues.empty()) return json_answer(422, notte_validation_error(std::move(fields.issues)));
  if (at_concurrency_limit()) {
    return json_answer(429, {{"message", "Concurrent session limit reached"},
                             {"detail", "Stop a session before starting another one"}});
  }
  Remote& remote = create(bearer_of(request).value_or(""), std::move(fields.session));
  if (!request.idempotency_key.empty()) started_by_idempotency_key_[request.idempotency_key] = remote.id;
  return json_answer(200, describe(remote), remote.id);
}

Answer Notte::status(const std::string& id, const Request&) {
  Remote* remote = world_.ledger.find(id);
  if (!remote || remote->provider != Provider::notte) {
    return detail_answer(404, "Session " + id + " not found", id);
  }
  touch(*remote, "status");
  return json_answer(200, describe(*remote), id);
}

Answer Notte::list(const Request& request) {
  const auto page = positive(request, "page", 1, 1000000);
  const auto size = positive(request, "page_size", 10, 1000);
  const auto only_active = flag(request, "only_active", world_.switches.notte_only_active_default);
  const auto only_mine = flag(request, "only_current_token", false);
  if (!page || !size || !only_active || !only_mine) {
    const char* field = !page          ? "page"
                        : !size        ? "page_size"
                        : !only_active ? "only_active"
                                       : "only_current_token";
    return json_answer(
        422,
        notte_validation_error(Json::array({notte_issue({"query", field}, "Input is not valid", "value_error",
                                                        request.query_value(field).value_or(""))})));
  }
  const std::string credential = bearer_of(request).value_or("");
  const std::size_t first = static_cast<std::size_t>(*page - 1) * static_cast<std::size_t>(*size);
  std::size_t seen = 0;
  Json items = Json::array();
  const auto take = [&](Remote& remote) {
    if (remote.provider != Provider::notte || (*only_mine && remote.credential != credential)) return;
    if (seen++ < first || items.size() >= static_cast<std::size_t>(*size)) return;
    touch(remote, "list");
    items.push_back(describe(remote));
    for (const char* field : {"steps", "cdp_url", "viewer_url"}) items.back().erase(field);
  };
  if (*only_active) {
    const auto& live = world_.ledger.live();
    std::for_each(live.rbegin(), live.rend(), [&](std::size_t index) { take(world_.ledger.at(index)); });
  } else {
    for (std::size_t index = world_.ledger.all().size(); index-- > 0;) take(world_.ledger.at(index));
  }
  const bool more = seen > first + items.size();
  return json_answer(200, {{"items", std::move(items)},
                           {"page", *page},
                           {"page_size", *size},
                           {"has_next", more},
                           {"has_previous", *page > 1}});
}

Answer Notte::stop(const std::string& id, const Request&) {
  Remote* remote = world_.ledger.find(id);
  if (!remote || remote->provider != Provider::notte) {
    return detail_answer(404, "Session " + id + " not found", id);
  }
  if (remote->ended_at && world_.switches.notte_second_stop == "error") {
    return json_answer(400, {{"message", "Session is already closed"}, {"detail", "already stopped"}}, id);
  }
  end(*remote, "closed", "stopped", world_.clock.now());
  return json_answer(200, describe(*remote), id);
}

Answer Notte::operate(const std::string& id, const std::string& operation, const Request& request) {
  Remote* remote = world_.ledger.find(id);
  if (!remote || remote->provider != Provider::notte) {
    return detail_answer(404, "Session " + id + " not found", id);
  }
  if (!request.body.empty() && !parse_json(request.body)) {
    return json_answer(422, notte_validation_error(Json::array({notte_issue(
                                {"body", 0}, "JSON decode error", "json_invalid", Json::object())})));
  }
  if (remote->ended_at) {
    if (world_.switches.notte_operation_on_ended == "not_found") {
      return detail_answer(404, "Session " + id + " not found", id);
    }
    return json_answer(400, {{"message", "Session closed"}, {"detail", "Session " + id + " is closed"}}, id);
  }
  if (operation == "observe" && world_.switches.notte_observe_fails) {
    if (world_.switches.notte_failed_observe_touches) touch(*remote, "observe");
    return json_answer(
        500,
        {{"message", "No snapshot is available"}, {"detail", "No snapshot is available"}, {"status", 500}},
        id);
  }
  touch(*remote, operation.c_str());
  if (operation == "observe") return observed(*remote);
  if (operation == "screenshot") {
    Answer answer{.body = "\x89PNG\r\n", .content_type = "image/png", .headers = {}, .remote_id = id};
    return answer;
  }
  if (operation == "scrape")
    return json_answer(200, {{"markdown", "# Example"}, {"images", Json::array()}}, id);
  return json_answer(200, {{"success", true}, {"message", "done"}, {"exception", nullptr}}, id);
}

Answer Notte::observed(Remote& remote) const {
  const std::string now = time_text(world_.clock.now());
  const std::string picture(static_cast<std::size_t>(world_.switches.notte_observe_bytes) * 3 / 4, 'x');
  const Json viewport = {
      {"scroll_x", 0}, {"scroll_y", 0}, {"viewport_width", 1280}, {"viewport_height", 1080}};
  return json_answer(200,
                     {{"metadata",
                       {{"tabs", Json::array()},
                        {"title", "Example"},
                        {"url", "https://example.org/"},
                        {"viewport", viewport},
                        {"timestamp", now}}},
                      {"screenshot", {{"raw", encode_base64(picture)}}},
                      {"space", {{"description", ""}, {"interaction_actions", Json::array()}}},
                      {"started_at", now},
                      {"ended_at", now}},
                     remote.id);
}

Answer Notte::side_read(const std::string& id, const std::string& what, const Request&) {
  Remote* remote = world_.ledger.find(id);
  if (!remote || remote->provider != Provider::notte) {
    return detail_answer(404, "Session " + id + " not found", id);
  }
  if (what == "replay") {
    if (!remote->ended_at) return json_answer(404, {{"message", "Session is still active"}}, id);
    return {.body = "replay", .content_type = "video/webm", .headers = {}, .remote_id = id};
  }
  if (what == "cookies") touch(*remote, "cookies");
  if (what == "debug") touch(*remote, "debug");
  if (what == "cookies") return json_answer(200, {{"cookies", Json::array()}}, id);
  if (what == "debug") {
    return json_answer(200, {{"debug_url", "https://viewer.example.org/" + id}, {"tabs", Json::array()}}, id);
  }
  if (what == "offset") return json_answer(200, {{"offset", 0}}, id);
  if (what == "network") return json_answer(200, {{"session_id", id}, {"total_count", 0}}, id);
  return detail_answer(404, "Not Found", id);
}

}  // namespace sandbox
