#include "cli/control.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "base/text.h"
#include "base/time.h"

namespace keeper {
namespace {

using Json = nlohmann::json;

constexpr const char* system_token = "/run/session-keeper/control.token";

int refused(const Terminal& terminal, const Error& error) {
  terminal.err << "session-keeper: " << error.what << "\n";
  return 1;
}

// $RUNTIME_DIRECTORY and systemd's directory; else beside the store that the daemon names. A daemon whose
// store is a database keeps its own files in the state directory.
std::string token_path(const Client& client) {
  if (const char* runtime = std::getenv("RUNTIME_DIRECTORY"); runtime && *runtime != '\0') {
    const std::string directories = runtime;
    return directories.substr(0, directories.find(':')) + "/control.token";
  }
  std::error_code ignored;
  if (std::filesystem::exists(system_token, ignored)) return system_token;
  const Result<std::string> body = client.get("/api/v1/status");
  if (!body) return system_token;
  const Result<Json> status = parse_answer(*body);
  if (!status) return system_token;
  const std::string store = status->value("store", Json::object()).value("path", std::string{});
  if (store.starts_with("postgresql://")) {
    const char* state = std::getenv("STATE_DIRECTORY");
    const std::string directories = state != nullptr && *state != '\0' ? state : "/var/lib/session-keeper";
    return directories.substr(0, directories.find(':')) + "/control.token";
  }
  return (std::filesystem::path(store).parent_path() / "control.token").string();
}

Result<Secret> read_token(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (!(file >> token)) {
    return Error{ErrorKind::denied,
                 path +
                     ": the control token cannot be read; run this as root or as the daemon's "
                     "user, or name the file by --token-file"};
  }
  return Secret(token);
}

// Posts, and prints the answer as it is, or what was done.
int order(const Asking& asking, const ControlRequest& request, const std::string& path,
          const QueryParameters& query, const std::string& done, const Terminal& terminal) {
  const Result<Secret> token = control_token(asking.client, request.token_file);
  if (!token) return refused(terminal, token.error());
  const Result<std::string> body = asking.client.post(path, *token, query);
  if (!body) return refused(terminal, body.error());
  terminal.out << (asking.json ? *body : done) << "\n";
  return 0;
}

std::string plan_path(const std::string& plan, const std::string& what) {
  return "/api/v1/plans/" + encode_percent(plan) + "/" + what;
}

}  // namespace

Result<Secret> control_token(const Client& client, const std::string& token_file) {
  const Result<std::string> up = client.get("/-/healthy");
  if (!up && up.error().kind == ErrorKind::not_applied) return up.error();
  return read_token(token_file.empty() ? token_path(client) : token_file);
}

int ask_reload(const Asking& asking, const ControlRequest& request, const Terminal& terminal) {
  return order(asking, request, "/-/reload", {}, "reloaded", terminal);
}

int ask_start(const Asking& asking, const ControlRequest& request, const Terminal& terminal) {
  return order(asking, request, plan_path(request.target, "start"), {},
               "plan " + request.target + " is started", terminal);
}

int ask_pause(const Asking& asking, const ControlRequest& request, const Terminal& terminal) {
  const auto until = parse_time(request.until);
  if (until && *until <= wall_now()) {
    terminal.err << "session-keeper: --until is " << to_rfc3339(*until) << ", which is in the past\n";
    return exit_usage;
  }
  QueryParameters query;
  if (!request.until.empty()) query.emplace_back("until", request.until);
  if (!request.reason.empty()) query.emplace_back("reason", request.reason);
  const std::string end = request.until.empty() ? "it is resumed" : request.until;
  return order(asking, request, plan_path(request.target, "pause"), query,
               "plan " + request.target + " is paused until " + end + "; sessions that live go on", terminal);
}

int ask_resume(const Asking& asking, const ControlRequest& request, const Terminal& terminal) {
  return order(asking, request, plan_path(request.target, "resume"), {},
               "plan " + request.target + " is resumed", terminal);
}

int ask_stop(const Asking& asking, const ControlRequest& request, const Terminal& terminal) {
  const auto refuse_cancel = [&] {
    terminal.err << "session-keeper: --cancel is for one session: name it by its id\n";
    return exit_usage;
  };
  if (request.all && request.cancel) return refuse_cancel();
  if (request.all == !request.target.empty()) {
    terminal.err << "session-keeper: stop needs a plan, a session's id, or --all\n";
    return exit_usage;
  }
  if (request.all) {
    return order(asking, request, "/api/v1/stop-all", {},
                 "every plan is paused and its sessions are being stopped", terminal);
  }
  const Result<std::string> plan = asking.client.get("/api/v1/plans/" + encode_percent(request.target));
  if (plan && request.cancel) return refuse_cancel();
  if (plan) {
    return order(asking, request, plan_path(request.target, "stop"), {},
                 "plan " + request.target + " is paused and its sessions are being stopped", terminal);
  }
  if (plan.error().kind != ErrorKind::gone) return refused(terminal, plan.error());
  const Result<std::string> id = whole_id(asking.client, request.target);
  if (!id) return refused(terminal, Error{id.error().kind, "no plan is called so, and " + id.error().what});
  QueryParameters query;
  if (request.cancel) query.emplace_back("cancel", "true");
  return order(asking, request, "/api/v1/sessions/" + *id + "/stop", query,
               "session " + *id + " is being stopped", terminal);
}

}  // namespace keeper
