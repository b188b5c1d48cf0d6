#include "sandbox/control.h"

#include <httplib.h>

#include <cmath>

namespace sandbox {
namespace {

constexpr double kMaxAdvanceSeconds = 10.0 * 366 * 86400;

Answer wrong(int status, const std::string& message) { return json_answer(status, {{"error", message}}); }

Json time_or_null(const std::optional<Time>& time) { return time ? Json(iso_time(*time, 3, "Z")) : Json(); }

bool is_billed(const Remote& remote) {
  const Vendor* const vendor = vendor_of(remote.provider);
  if (!remote.ended_at || !vendor || !vendor->bills_until_erased) return !remote.ended_at;
  return !std::get<VendorSession>(remote.own).erased_at;
}

Json row(const Remote& remote) {
  return {{"id", remote.id},
          {"provider", name_of(remote.provider)},
          {"state", remote.state},
          {"created_at", iso_time(remote.created_at, 3, "Z")},
          {"ended_at", time_or_null(remote.ended_at)},
          {"last_activity_at", iso_time(remote.last_activity_at, 3, "Z")},
          {"end_reason", remote.ended_at ? Json(remote.end_reason) : Json()},
          {"billed", is_billed(remote)},
          {"metadata", remote.metadata}};
}

std::uint64_t number(const Request& request, const char* name, std::uint64_t otherwise) {
  const auto text = request.query_value(name);
  if (!text || text->empty() || text->size() > 15) return otherwise;
  return text->find_first_not_of("0123456789") == text->npos ? std::stoull(*text) : otherwise;
}

}  // namespace

void Control::serve(const httplib::Request& in, httplib::Response& out) {
  Request request;
  request.method = in.method;
  request.path = in.path;
  request.segments = split_path(in.path);
  request.query.insert(in.params.begin(), in.params.end());
  request.body = in.body;
  Answer result = answer(request);
  out.status = result.status;
  out.set_header("Date", http_date(world_.clock.now()));
  set_body(out, std::move(result.body), "application/json");
}

Answer Control::answer(const Request& request) {
  const auto& path = request.segments;
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  const std::string first = path.empty() ? "" : path[0];
  if (path.size() == 1) {
    if (first == "remotes" && get) return remotes(false);
    if (first == "calls" && get) return calls(request);
    if (first == "advance" && post) return advance(request);
    if (first == "webhooks" && get) return json_answer(200, world_.webhooks.describe());
    if (first == "webhooks" && post) return configure_webhooks(request);
    if (first == "faults" && post) return add_fault(request);
    if (first == "faults" && request.method == "DELETE") return clear_faults();
    if (first == "faults" && get) {
      const std::lock_guard lock(world_.mutex);
      return json_answer(200,
                         {{"faults", world_.faults.describe()}, {"switches", describe(world_.switches)}});
    }
  }
  if (path.size() == 2 && first == "remotes" && path[1] == "live" && get) return remotes(true);
  if (path.size() == 2 && first == "faults" && request.method == "DELETE") {
    const std::lock_guard lock(world_.mutex);
    return world_.faults.remove(path[1]) ? json_answer(200, {{"removed", path[1]}})
                                         : wrong(404, "no such fault");
  }
  if (path.size() == 3 && first == "remotes" && post) {
    if (path[2] == "end") return end_remote(path[1], request);
    if (path[2] == "leave" || path[2] == "join") return move_participant(path[1], path[2] == "join");
  }
  return wrong(
      404,
      "unknown; there are GET /remotes, GET /remotes/live, POST /remotes/{id}/end, POST /remotes/{id}/leave, "
      "POST /remotes/{id}/join, POST /advance, GET, POST and DELETE /faults, DELETE /faults/{id}, GET and "
      "POST /webhooks, GET /calls");
}

Answer Control::remotes(bool only_live) {
  const std::lock_guard lock(world_.mutex);
  providers_.pass_time();
  Json rows = Json::array();
  if (only_live) {
    for (const std::size_t index : world_.ledger.live()) rows.push_back(row(world_.ledger.at(index)));
  } else {
    for (const Remote& remote : world_.ledger.all()) rows.push_back(row(remote));
  }
  return json_answer(200, {{"remotes", std::move(rows)}});
}

Answer Control::advance(const Request& request) {
  const auto body = parse_json(request.body);
  const Json seconds = body && body->is_object() ? body->value("seconds", Json()) : Json();
  if (!seconds.is_number() || seconds < 0 || seconds > kMaxAdvanceSeconds) {
    return wrong(400, "give {\"seconds\": n} with n from 0 to ten years");
  }
  const std::lock_guard lock(world_.mutex);
  world_.clock.advance(std::chrono::microseconds(std::llround(seconds.get<double>() * 1e6)));
  providers_.pass_time();
  return json_answer(200, {{"now", iso_time(world_.clock.now(), 3, "Z")}});
}

Answer Control::end_remote(const std::string& id, const Request& request) {
  const auto body = parse_json(request.body.empty() ? "{}" : request.body);
  const Json as = body && body->is_object() ? body->value("as", Json("closed")) : Json();
  if (as != "closed" && as != "error" && as != "timed_out") {
    return wrong(400, "give {\"as\": \"closed\"}, \"error\" or \"timed_out\"");
  }
  const std::lock_guard lock(world_.mutex);
  providers_.pass_time();
  Remote* remote = world_.ledger.find(id);
  if (!remote) return wrong(404, "no such remote");
  if (remote->ended_at) return wrong(409, "the remote has ended already");
  providers_.end(*remote, as.get<std::string>());
  return json_answer(200, row(*remote));
}

Answer Control::move_participant(const std::string& id, bool join) {
  const std::lock_guard lock(world_.mutex);
  providers_.pass_time();
  Remote* remote = world_.ledger.find(id);
  if (!remote || remote->provider != Provider::videosdk) return wrong(404, "no such remote at VideoSDK");
  const bool moved = join ? providers_.videosdk().join(*remote) : providers_.videosdk().leave(*remote);
  return moved ? json_answer(200, row(*remote)) : wrong(409, "the remote is not running");
}

Answer Control::add_fault(const Request& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) return wrong(400, "the body must be a JSON object");
  Json rule = Json::object();
  Json switches = Json::object();
  for (const auto& [name, value] : body->items()) (is_switch(name) ? switches : rule)[name] = value;
  const std::lock_guard lock(world_.mutex);
  Switches changed = world_.switches;
  for (const auto& [name, value] : switches.items()) {
    if (const auto problem = set_switch(changed, name, value)) return wrong(400, *problem);
  }
  std::string problem;
  const std::string id = world_.faults.add(rule, problem);
  if (id.empty()) return wrong(400, problem);
  world_.switches = std::move(changed);
  Json created = {{"id", id}};
  created.update(*body);
  return json_answer(201, created);
}

Answer Control::clear_faults() {
  const std::lock_guard lock(world_.mutex);
  world_.faults.clear();
  world_.switches = Switches{};
  return json_answer(200, {{"faults", Json::array()}});
}

Answer Control::configure_webhooks(const Request& request) {
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) return wrong(400, "the body must be a JSON object");
  if (const auto problem = world_.webhooks.configure(*body)) return wrong(400, *problem);
  return json_answer(200, world_.webhooks.describe()["settings"]);
}

Answer Control::calls(const Request& request) {
  const std::lock_guard lock(world_.mutex);
  return json_answer(
      200,
      {{"calls", world_.calls.describe(number(request, "after", 0), number(request, "limit", 1000000))}});
}

}  // namespace sandbox
