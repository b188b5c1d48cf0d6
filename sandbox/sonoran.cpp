#include "sandbox/sonoran.h"

#include <algorithm>
#include <functional>

namespace sandbox {

std::string community_of(const std::string& key) { return Ids(std::hash<std::string>{}(key)).uuid(); }

std::string Sonoran::time_text(Time time) const {
  return iso_time(time, 3, world_.switches.sonoran_timestamps == "z" ? "Z" : "+00:00");
}

bool Sonoran::known_server(std::int64_t server_id) const {
  const auto& servers = world_.switches.sonoran_servers;
  return servers.empty() ||
         std::find(servers.begin(), servers.end(), std::to_string(server_id)) != servers.end();
}

Remote* Sonoran::active(const Target& target) {
  const auto found = latest_.find({target.credential, target.server_id});
  if (found == latest_.end()) return nullptr;
  Remote& remote = world_.ledger.at(found->second);
  return remote.ended_at ? nullptr : &remote;
}

Sonoran::Result Sonoran::start(const Target& target) {
  if (!known_server(target.server_id)) return {.outcome = Outcome::unknown_server};
  if (Remote* running = active(target)) {
    const std::string& choice = world_.switches.sonoran_double_start;
    const Outcome outcome = choice == "conflict"        ? Outcome::conflict
                            : choice == "session_error" ? Outcome::session_error
                            : choice == "existing_201"  ? Outcome::created
                                                        : Outcome::existing;
    return {.outcome = outcome, .remote = running};
  }
  const Time now = world_.clock.now();
  SonoranSession session;
  session.server_id = target.server_id;
  session.community = community_of(target.credential);
  session.started_by = world_.switches.sonoran_started_by_account ? target.account_id : world_.ids.uuid();
  Remote& remote =
      world_.ledger.add({.id = world_.ids.uuid(),
                         .provider = Provider::sonoran_cms,
                         .state = "active",
                         .created_at = now,
                         .last_activity_at = now,
                         .credential = target.credential,
                         .metadata = {{"serverId", target.server_id}, {"accId", target.account_id}},
                         .own = std::move(session)});
  latest_[{target.credential, target.server_id}] = remote.index;
  return {.outcome = Outcome::created, .remote = &remote};
}

Sonoran::Result Sonoran::finish(const Target& target, bool cancel) {
  if (!known_server(target.server_id)) return {.outcome = Outcome::unknown_server};
  Remote* remote = active(target);
  if (!remote) {
    const std::string& choice = world_.switches.sonoran_stop_when_none;
    const auto last = latest_.find({target.credential, target.server_id});
    if (choice == "ok" && last != latest_.end()) {
      return {.outcome = Outcome::row, .remote = &world_.ledger.at(last->second)};
    }
    return {.outcome = choice == "session_error" ? Outcome::session_error : Outcome::not_found};
  }
  auto& session = std::get<SonoranSession>(remote->own);
  (cancel ? session.cancelled_by : session.ended_by) =
      target.account_id.empty() ? session.started_by : target.account_id;
  const Time now = world_.clock.now();
  world_.ledger.end(*remote, cancel ? "cancelled" : "ended", cancel ? "cancelled" : "stopped", now);
  return {.outcome = Outcome::row, .remote = remote};
}

Sonoran::Result Sonoran::current(const Target& target) {
  if (!known_server(target.server_id)) return {.outcome = Outcome::unknown_server};
  const auto last = latest_.find({target.credential, target.server_id});
  if (last != latest_.end()) {
    Remote& remote = world_.ledger.at(last->second);
    if (!remote.ended_at || world_.switches.sonoran_row_after_stop) {
      return {.outcome = Outcome::row, .remote = &remote};
    }
  }
  const bool empty = world_.switches.sonoran_current_when_none == "null_data";
  return {.outcome = empty ? Outcome::none : Outcome::not_found};
}

void Sonoran::end(Remote& remote, const std::string& as, Time when) {
  if (remote.ended_at) return;
  std::get<SonoranSession>(remote.own).ended_by = world_.ids.uuid();
  world_.ledger.end(remote, "ended", as == "closed" ? "ended_elsewhere" : as, when);
}

Json Sonoran::row(const Remote& remote) const {
  const auto& session = std::get<SonoranSession>(remote.own);
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  // A cancelled row has no end: there is no cancelledAt either.
  const bool ended = remote.ended_at && session.cancelled_by.empty();
  return {{"id", remote.id},
          {"sysStatus", true},
          {"community", session.community},
          {"serverId", session.server_id},
          {"startedBy", session.started_by},
          {"startedAt", time_text(world_.told_creation(remote))},
          {"endedBy", text(session.ended_by)},
          {"endedAt", ended ? Json(time_text(*remote.ended_at)) : Json()},
          {"cancelledBy", text(session.cancelled_by)},
          {"stats", Json::object()},
          {"metadata", Json::object()}};
}

}  // namespace sandbox
