#include "status/http_api.h"

#include <openssl/crypto.h>

#include "base/problem_document.h"
#include "base/text.h"
#include "status/json_rows.h"
#include "status/metrics.h"
#include "status/openapi.h"

namespace keeper {
namespace {

constexpr std::string_view preview_path = "/api/v1/preview";
constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t parameters_bytes_max = 4096;

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> all;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    all.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return all;
}

// Fills `parts` with the segments that match the {names}.
bool matches(const std::vector<std::string_view>& wanted, const std::vector<std::string_view>& path,
             std::vector<std::string>& parts) {
  if (wanted.size() != path.size()) return false;
  parts.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      parts.emplace_back(path[i]);
    } else if (wanted[i] != path[i]) {
      return false;
    }
  }
  return true;
}

std::shared_ptr<const ApiAnswer> shared(ApiAnswer answer) {
  return std::make_shared<const ApiAnswer>(std::move(answer));
}

std::string target_of(const ApiRequest& request) {
  std::string target = request.path;
  for (const auto& [name, value] : request.parameters) target += '\0' + name + '\0' + value;
  return target;
}

}  // namespace

bool takes_text(std::string_view path) { return path == preview_path; }

std::size_t body_bytes_max(std::string_view path) {
  return takes_text(path) ? text_bytes_max : parameters_bytes_max;
}

ApiAnswer problem(int status, std::string_view detail) {
  return {status, "application/problem+json", problem_json(status, detail)};
}

Api::Api(StatusPorts ports, std::shared_ptr<History> history, Secret control_token)
    : ports_(std::move(ports)),
      history_(std::move(history)),
      control_token_(std::move(control_token)),
      index_(std::make_shared<const ViewIndex>(nullptr)) {}

Api::Route::Route(std::string_view to_method, std::string_view pattern, Call to_call, Access to_access)
    : method(to_method),
      segments(split_path(pattern)),
      call(to_call),
      access(to_method == "POST" ? Access::control : to_access) {}

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> all{
      {"GET", "/", &Api::page, Access::cached},
      {"GET", "/sessions/{id}", &Api::session_page},
      {"GET", "/openapi.json", &Api::openapi},
      {"GET", "/metrics", &Api::metrics},
      {"GET", "/-/healthy", &Api::healthy},
      {"GET", "/-/ready", &Api::ready},
      {"GET", "/-/leader", &Api::leader},
      {"POST", "/-/reload", &Api::reload},
      {"POST", preview_path, &Api::preview},
      {"GET", "/api/v1/status", &Api::status, Access::cached},
      {"GET", "/api/v1/plans", &Api::plans, Access::cached},
      {"GET", "/api/v1/plans/{name}", &Api::plan},
      {"GET", "/api/v1/plans/{name}/next", &Api::plan_next},
      {"GET", "/api/v1/plans/{name}/missed", &Api::plan_missed},
      {"GET", "/api/v1/sessions", &Api::sessions, Access::cached},
      {"GET", "/api/v1/sessions/{id}", &Api::session},
      {"GET", "/api/v1/sessions/{id}/transitions", &Api::session_transitions},
      {"GET", "/api/v1/sessions/{id}/explain", &Api::session_explain},
      {"GET", "/api/v1/transitions", &Api::transitions},
      {"GET", "/api/v1/orphans", &Api::orphans},
      {"GET", "/api/v1/cost", &Api::cost},
      {"GET", "/api/v1/notifications", &Api::notifications},
      {"POST", "/api/v1/plans/{name}/start", &Api::plan_start},
      {"POST", "/api/v1/plans/{name}/stop", &Api::plan_stop},
      {"POST", "/api/v1/plans/{name}/pause", &Api::plan_pause},
      {"POST", "/api/v1/plans/{name}/resume", &Api::plan_resume},
      {"POST", "/api/v1/sessions/{id}/stop", &Api::session_stop},
      {"POST", "/api/v1/stop-all", &Api::stop_all},
      {"GET", "/api/v1/nodes", &Api::nodes},
      {"POST", "/api/v1/switchover", &Api::switchover},
      {"GET", "/api/v1/deliveries", &Api::deliveries},
      {"GET", "/api/v1/deliveries/{id}", &Api::delivery},
      {"GET", "/api/v1/events", &Api::events_head},
      {"GET", "/api/v1/backup", &Api::backup, Access::control},
  };
  return all;
}

// An answer that the client has already is not sent again.
std::shared_ptr<const ApiAnswer> Api::answer(const ApiRequest& request) {
  auto made = find_answer(request);
  if (request.if_none_match.empty() || made->status != 200) return made;
  for (const auto& [name, value] : made->headers) {
    if (name != "ETag" || request.if_none_match.find(value) == std::string::npos) continue;
    ApiAnswer same{.status = 304};
    same.headers = made->headers;
    return shared(std::move(same));
  }
  return made;
}

std::shared_ptr<const ApiAnswer> Api::find_answer(const ApiRequest& request) {
  if (!request.path.starts_with('/')) return shared(problem(404, "there is nothing at this path"));
  const auto path = split_path(request.path);
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string allowed;
  Parts parts;
  for (const Route& route : routes()) {
    if (!matches(route.segments, path, parts)) continue;
    if (route.method == method) return run(route, request, parts);
    allowed +=
        (allowed.empty() ? "" : ", ") + std::string(route.method == "GET" ? "GET, HEAD" : route.method);
  }
  if (allowed.empty()) return shared(problem(404, "there is nothing at this path"));
  ApiAnswer refused = problem(405, "this path takes " + allowed);
  refused.headers.emplace_back("Allow", allowed);
  return shared(std::move(refused));
}

std::shared_ptr<const ApiAnswer> Api::run(const Route& route, const ApiRequest& request, const Parts& parts) {
  if (route.access == Access::cached) return run_cached(route, request, parts);
  if (route.access == Access::plain) return shared((this->*route.call)(request, parts));
  if (!may_control(request.authorization)) {
    ApiAnswer refused = problem(401, "control needs 'Authorization: Bearer' with the control token");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return shared(std::move(refused));
  }
  auto done = shared((this->*route.call)(request, parts));
  if (route.method == "POST") answers_.clear();
  return done;
}

std::shared_ptr<const ApiAnswer> Api::run_cached(const Route& route, const ApiRequest& request,
                                                 const Parts& parts) {
  const std::string target = target_of(request);
  AnswerStamp stamp{ports_.facts().store.last_seq, ports_.view()};
  if (auto kept = answers_.find(target, stamp)) return kept;
  auto made = shared((this->*route.call)(request, parts));
  if (made->status == 200) answers_.keep(target, std::move(stamp), made);
  return made;
}

// Takes as long for a wrong token as for the right one of the same length.
bool Api::may_control(std::string_view authorization) const {
  constexpr std::string_view scheme = "Bearer ";
  const std::string& token = control_token_.reveal();
  // The scheme's name has no case (RFC 9110 §11.1).
  if (token.empty() || !equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return false;
  authorization.remove_prefix(scheme.size());
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
  return authorization.size() == token.size() &&
         CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

std::shared_ptr<const ViewIndex> Api::view() {
  ViewPtr latest = ports_.view();
  auto index = index_.with([](auto& kept) { return kept; });
  if (!latest || index->pointer() == latest) return index;
  index = std::make_shared<const ViewIndex>(std::move(latest));
  index_.with([&](auto& kept) { kept = index; });
  return index;
}

ApiAnswer Api::reload(const ApiRequest&, const Parts&) {
  const ReloadOutcome outcome = ports_.reload();
  if (!outcome.loaded) return problem(outcome.unavailable ? 503 : 422, outcome.error);
  return {.body = R"({"status":"reloaded"})"};
}

ApiAnswer Api::metrics(const ApiRequest&, const Parts&) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = metrics_text(**view(), ports_.facts(), ports_.measured())};
}

// The answer to HEAD. The listener itself answers GET with the stream.
ApiAnswer Api::events_head(const ApiRequest&, const Parts&) { return {.content_type = "text/event-stream"}; }

ApiAnswer Api::openapi(const ApiRequest&, const Parts&) { return {.body = std::string(openapi_json())}; }

}  // namespace keeper
