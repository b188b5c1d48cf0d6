#include "sandbox/videosdk.h"

#include <algorithm>
#include <array>

#include "sandbox/jwt.h"

namespace sandbox {
namespace {

constexpr std::string_view kIdPrefix = "session-";

VideosdkSession& own(Remote& remote) { return std::get<VideosdkSession>(remote.own); }
const VideosdkSession& own(const Remote& remote) { return std::get<VideosdkSession>(remote.own); }

std::string time_text(Time time) { return iso_time(time, 3, "Z"); }

const char* reason_phrase(int status) {
  if (status == 400) return "Bad Request";
  if (status == 401) return "Unauthorized";
  if (status == 402) return "Payment Required";
  if (status == 404) return "Not Found";
  return "Error";
}

}  // namespace

Answer Videosdk::error(int status, const std::string& message, const std::string& id) const {
  if (world_.switches.videosdk_error_shape == "message")
    return json_answer(status, {{"message", message}}, id);
  return json_answer(status, {{"statusCode", status}, {"error", reason_phrase(status)}, {"message", message}},
                     id);
}

std::optional<Answer> Videosdk::refuse(const Request& request) const {
  if (!world_.switches.check_credentials) return std::nullopt;
  const auto& keys = world_.keys;
  const auto fault =
      token_fault(request.authorization.value_or(""), keys.videosdk_key, keys.videosdk_secret, real_now());
  if (!fault) return std::nullopt;
  return error(401, "Token is invalid or expired: " + *fault);
}

std::optional<Route> Videosdk::route(const Request& request) {
  const std::string& path = request.path;
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  const auto guarded = [this](Operation operation, auto call) {
    return Route{Provider::videosdk, operation, [this, call](const Request& asked) {
                   if (auto refused = refuse(asked)) return *refused;
                   return call(asked);
                 }};
  };
  if (path == "/v2/public/rsa-public-key" && get) {
    return Route{Provider::videosdk, Operation::key, [this](const Request&) {
                   return json_answer(200, {{"publicKey", world_.webhooks.public_key()}});
                 }};
  }
  if (post &&
      (path == "/v2/agent/dispatch" || path == "/v2/agent/connect" || path == "/v2/agent/general/dispatch")) {
    return guarded(Operation::start, [this](const Request& asked) { return dispatch(asked); });
  }
  if (post && path == "/ai/v1/ai-deployments") {
    return guarded(Operation::other, [this](const Request& asked) { return create_deployment(asked); });
  }
  const auto& parts = request.segments;
  if (parts.size() < 3 || parts[0] != "ai" || parts[1] != "v1" || parts[2] != "ai-deployment-sessions") {
    return std::nullopt;
  }
  if (get && parts.size() == 3) {
    return guarded(Operation::list, [this](const Request& asked) { return list(asked); });
  }
  if (parts.size() != 4) return std::nullopt;
  if (post && parts[3] == "start") {
    return guarded(Operation::start, [this](const Request& asked) { return start(asked); });
  }
  if (post && parts[3] == "end") {
    return guarded(Operation::stop, [this](const Request& asked) { return end_call(asked); });
  }
  if (!get) return std::nullopt;
  return guarded(Operation::read, [this, id = parts[3]](const Request&) { return details(id); });
}

std::string Videosdk::word(Phase phase) const {
  const std::string& words = world_.switches.videosdk_status_words;
  const std::size_t column = words == "running" ? 0 : words == "event" ? 1 : 2;
  switch (phase) {
    case Phase::queued:
      return std::array{"queued", "starting", "Queued"}[column];
    case Phase::running:
      return std::array{"running", "started", "Running"}[column];
    case Phase::stopping:
      return std::array{"stopping", "stopping", "Stopping"}[column];
    case Phase::completed:
      return std::array{"completed", "stopped", "Stopped"}[column];
    case Phase::failed:
      return std::array{"failed", "failed", "Failed"}[column];
  }
  return "";
}

void Videosdk::set_phase(Remote& remote, Phase phase, Time when) {
  own(remote).phase = phase;
  own(remote).updated_at = when;
  remote.state = word(phase);
}

void Videosdk::notify(const Remote& remote, const char* suffix) {
  world_.webhooks.send(remote.id, own(remote).endpoint, own(remote).events, suffix);
}

Remote* Videosdk::find(const std::string& id) {
  const bool prefixed = id.rfind(kIdPrefix, 0) == 0;
  Remote* remote = world_.ledger.find(prefixed ? id.substr(kIdPrefix.size()) : id);
  return remote && remote->provider == Provider::videosdk ? remote : nullptr;
}

std::string Videosdk::shown_id(const Remote& remote) const {
  return (world_.switches.videosdk_rest_id_prefix ? std::string(kIdPrefix) : "") + remote.id;
}

Remote& Videosdk::create(VideosdkSession session, Json metadata) {
  const Time now = world_.clock.now();
  session.updated_at = now + std::chrono::milliseconds(1);
  session.will_fail = world_.switches.videosdk_start_outcome == "failed";
  session.has_participant = world_.switches.videosdk_participant;
  Remote& remote = world_.ledger.add({.id = world_.ids.uuid(),
                                      .provider = Provider::videosdk,
                                      .state = word(Phase::queued),
                                      .created_at = now,
                                      .last_activity_at = now,
                                      .credential = world_.keys.videosdk_key,
                                      .metadata = std::move(metadata),
                                      .own = std::move(session)});
  if (world_.switches.videosdk_start_outcome != "stuck") {
    world_.ledger.set_due(remote, now + std::chrono::milliseconds(world_.switches.videosdk_queued_ms));
  }
  notify(remote, "starting");
  return remote;
}

void Videosdk::on_due(Remote& remote, Time when) {
  switch (own(remote).phase) {
    case Phase::queued:
      if (own(remote).will_fail) {
        end(remote, "error", when);
        return;
      }
      set_phase(remote, Phase::running, when);
      remote.last_activity_at = when;
      if (!own(remote).has_participant) {
        world_.ledger.set_due(remote,
                              when + std::chrono::seconds(world_.switches.videosdk_no_participant_seconds));
      }
      notify(remote, "started");
      return;
    case Phase::running:
      begin_stop(remote, "no_participants", when);
      return;
    case Phase::stopping:
      set_phase(remote, Phase::completed, when);
      world_.ledger.end(remote, word(Phase::completed), remote.end_reason, when);
      notify(remote, "stopped");
      return;
    case Phase::completed:
    case Phase::failed:
      return;
  }
}

void Videosdk::begin_stop(Remote& remote, const std::string& reason, Time when) {
  set_phase(remote, Phase::stopping, when);
  remote.end_reason = reason;
  notify(remote, "stopping");
  const int slow = world_.switches.videosdk_stopping_ms;
  if (slow > 0) {
    world_.ledger.set_due(remote, when + std::chrono::milliseconds(slow));
  } else {
    on_due(remote, when);
  }
}

void Videosdk::end(Remote& remote, const std::string& as, Time when) {
  if (remote.ended_at) return;
  if (as == "error") {
    set_phase(remote, Phase::failed, when);
    world_.ledger.end(remote, word(Phase::failed), "error", when);
    notify(remote, "failed");
  } else {
    begin_stop(remote, as == "timed_out" ? "timed_out" : "ended_elsewhere", when);
  }
}

bool Videosdk::leave(Remote& remote) {
  if (own(remote).phase != Phase::running) return false;
  const std::chrono::seconds wait(world_.switches.videosdk_session_timeout_seconds);
  world_.ledger.set_due(remote, world_.clock.now() + wait);
  return true;
}

bool Videosdk::join(Remote& remote) {
  if (own(remote).phase != Phase::running) return false;
  world_.ledger.set_due(remote, std::nullopt);
  return true;
}

Json Videosdk::describe(const Remote& remote) const {
  const VideosdkSession& session = own(remote);
  Json row = {
      {"sessionId", shown_id(remote)}, {"status", remote.state}, {"deploymentId", session.deployment_id}};
  if (!session.tag.empty()) row["tag"] = session.tag;
  row["start"] = time_text(world_.told_creation(remote));
  if (remote.ended_at) {
    row["end"] = time_text(*remote.ended_at);
    row["duration"] = std::chrono::floor<std::chrono::seconds>(*remote.ended_at - remote.created_at).count();
  }
  row["createdAt"] = time_text(world_.told_creation(remote) + std::chrono::milliseconds(1));
  row["updatedAt"] = time_text(session.updated_at);
  return row;
}

}  // namespace sandbox
