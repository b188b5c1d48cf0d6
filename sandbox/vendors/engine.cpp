#include "sandbox/vendors/engine.h"

#include <algorithm>

#include "sandbox/notte.h"

namespace sandbox {
namespace {

VendorSession& session_of(Remote& remote) { return std::get<VendorSession>(remote.own); }
const VendorSession& session_of(const Remote& remote) { return std::get<VendorSession>(remote.own); }

// The id's segment, empty for a path without one; nothing where the path is another.
std::optional<std::string> id_in(const Vendor& vendor, const VendorCall& call, const Request& request) {
  const auto wanted = split_path(std::string(vendor.root) + call.path);
  if (request.method != call.method || wanted.size() != request.segments.size()) return std::nullopt;
  std::string id;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "{id}") {
      id = request.segments[i];
    } else if (wanted[i] != request.segments[i]) {
      return std::nullopt;
    }
  }
  return id;
}

std::optional<std::string> key_of(const Vendor& vendor, const Request& request) {
  if (vendor.key_header == std::string("authorization")) return bearer_of(request);
  const auto found = request.headers.find(vendor.key_header);
  if (found == request.headers.end()) return std::nullopt;
  return found->second;
}

std::size_t number_in(const Request& request, const char* name, std::size_t otherwise) {
  const auto text = name == nullptr ? std::nullopt : request.query_value(name);
  const bool digits = text && !text->empty() && text->size() < 7 &&
                      text->find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoull(*text) : otherwise;
}

// Where the page begins among all that are listed.
std::size_t first_of(const PageQuery& query, const Request& request, std::size_t limit,
                     const std::vector<const Remote*>& all, Ledger& ledger) {
  if (query.after != nullptr) {
    const auto after = request.query_value(query.after);
    const Remote* last = after ? ledger.find(*after) : nullptr;
    if (last == nullptr) return 0;
    const auto next = std::find_if(all.begin(), all.end(),
                                   [&](const Remote* remote) { return remote->index < last->index; });
    return static_cast<std::size_t>(next - all.begin());
  }
  const std::size_t number = std::max<std::size_t>(1, number_in(request, query.number, 1));
  return std::max((number - 1) * limit, number_in(request, query.offset, 0));
}

}  // namespace

std::optional<Answer> VendorEngine::refuse(const Vendor& vendor, const Request& request) const {
  if (!world_.switches.check_credentials) return std::nullopt;
  const auto key = key_of(vendor, request);
  const auto& keys = world_.keys.vendors;
  if (key && std::find(keys.begin(), keys.end(), *key) != keys.end()) return std::nullopt;
  return failed(vendor, 401, "Unauthorized");
}

Answer VendorEngine::failed(const Vendor& vendor, int status, const std::string& message) const {
  return json_answer(status, vendor.error(status, message));
}

std::optional<Route> VendorEngine::route(const Request& request) {
  for (const Vendor& vendor : vendors()) {
    for (const VendorCall& call : vendor.calls) {
      const auto id = id_in(vendor, call, request);
      if (!id) continue;
      return Route{vendor.provider, call.operation, [this, &vendor, &call, id](const Request& asked) {
                     if (auto refused = refuse(vendor, asked)) return *refused;
                     return serve(vendor, call, *id, asked);
                   }};
    }
  }
  return std::nullopt;
}

Answer VendorEngine::serve(const Vendor& vendor, const VendorCall& call, const std::string& id,
                           const Request& request) {
  using Does = VendorCall::Does;
  const auto body = parse_json(request.body.empty() ? "{}" : request.body);
  if (!body || !body->is_object()) return failed(vendor, 400, "the body is not a JSON object");
  if (call.does == Does::start) return start(vendor, call, *body, request);
  if (call.does == Does::list) return list(vendor, request);
  Remote* const remote = find(vendor, id);
  const bool shows_erased = remote && vendor.shows_erased && vendor.shows_erased(request);
  if (!remote || (session_of(*remote).erased_at && !shows_erased)) {
    return failed(vendor, 404, "session " + id + " not found");
  }
  if (call.does == Does::read) {
    return json_answer(200, vendor.show(shown(vendor, *remote, Place::read, world_.clock.now())), remote->id);
  }
  if (call.does == Does::extend) return extend(vendor, call, *remote, *body);
  return stop(vendor, call, *remote, *body);
}

Remote* VendorEngine::find(const Vendor& vendor, const std::string& id_or_name) {
  Remote* const by_id = world_.ledger.find(id_or_name);
  if (by_id && by_id->provider == vendor.provider) return by_id;
  for (const std::size_t index : world_.ledger.live()) {
    Remote& remote = world_.ledger.at(index);
    if (remote.provider == vendor.provider && session_of(remote).name == id_or_name) return &remote;
  }
  return nullptr;
}

std::size_t VendorEngine::count_live(Provider provider) const {
  const auto& live = world_.ledger.live();
  return static_cast<std::size_t>(std::count_if(live.begin(), live.end(), [&](std::size_t index) {
    return world_.ledger.at(index).provider == provider;
  }));
}

Answer VendorEngine::start(const Vendor& vendor, const VendorCall& call, const Json& body,
                           const Request& request) {
  const Time now = world_.clock.now();
  VendorSession session;
  session.asked = body;
  const std::string wrong = call.take(body, session, now);
  if (!wrong.empty()) return failed(vendor, 400, wrong);
  const std::string taken = session.id.empty() ? session.name : session.id;
  if (!taken.empty() && find(vendor, taken) != nullptr) return failed(vendor, 409, taken + " exists already");
  const int most = world_.switches.vendor_concurrency_limit;
  if (most > 0 && count_live(vendor.provider) >= static_cast<std::size_t>(most)) {
    return failed(vendor, 429, "the concurrency limit is reached");
  }
  const std::string id = !session.id.empty()      ? session.id
                         : vendor.id_digits == 0U ? world_.ids.uuid()
                                                  : world_.ids.hex(vendor.id_digits);
  const std::chrono::milliseconds starting(world_.switches.vendor_starting_ms);
  if (starting.count() > 0) session.runs_at = now + starting;
  Remote made{.id = id,
              .provider = vendor.provider,
              .state = session.runs_at ? vendor.words.starting : vendor.words.running,
              .created_at = now,
              .last_activity_at = now,
              .credential = key_of(vendor, request).value_or(""),
              .metadata = session.tags,
              .own = {}};
  made.own = std::move(session);
  Remote& remote = world_.ledger.add(std::move(made));
  schedule(remote);
  return json_answer(call.status, vendor.show(shown(vendor, remote, Place::started, now)), id);
}

Answer VendorEngine::extend(const Vendor& vendor, const VendorCall& call, Remote& remote, const Json& body) {
  if (remote.ended_at) return failed(vendor, 409, "the session has ended");
  const Time now = world_.clock.now();
  VendorSession changed = session_of(remote);
  const std::string wrong = call.take ? call.take(body, changed, now) : "";
  if (!wrong.empty()) return failed(vendor, 400, wrong);
  if (world_.switches.vendor_extension_counts) {
    remote.own = std::move(changed);
    remote.last_activity_at = now;
    schedule(remote);
  }
  return {.status = call.status, .body = call.body, .headers = {}, .remote_id = remote.id};
}

Answer VendorEngine::stop(const Vendor& vendor, const VendorCall& call, Remote& remote, const Json& body) {
  const Time now = world_.clock.now();
  const std::string wrong = call.take ? call.take(body, session_of(remote), now) : "";
  if (!wrong.empty()) return failed(vendor, 400, wrong);
  const bool erases = call.does == VendorCall::Does::erase;
  if (remote.ended_at && !erases && world_.switches.vendor_second_stop == "error") {
    return failed(vendor, 400, "the session has ended already");
  }
  end(remote, "closed", "stopped", now);
  if (erases) session_of(remote).erased_at = now;
  if (call.body != nullptr) {
    return {.status = call.status, .body = call.body, .headers = {}, .remote_id = remote.id};
  }
  return json_answer(call.status, vendor.show(shown(vendor, remote, Place::read, now)), remote.id);
}

Shown VendorEngine::shown(const Vendor& vendor, const Remote& remote, Place place, Time as_of) const {
  const bool has_ended = remote.ended_at && *remote.ended_at <= as_of;
  return {.remote = remote,
          .session = session_of(remote),
          .word = remote.ended_at && !has_ended ? vendor.words.running : remote.state,
          .created_at = world_.told_creation(remote),
          .ended_at = has_ended ? remote.ended_at : std::nullopt,
          .place = place};
}

std::vector<const Remote*> VendorEngine::listed(const Vendor& vendor, const Request& request) const {
  const Time as_of = world_.clock.now() - std::chrono::milliseconds(world_.switches.vendor_list_lag_ms);
  std::vector<const Remote*> found;
  const auto& all = world_.ledger.all();
  for (auto remote = all.rbegin(); remote != all.rend(); ++remote) {
    if (remote->provider != vendor.provider || remote->created_at > as_of) continue;
    const auto erased = session_of(*remote).erased_at;
    if (erased && *erased <= as_of && !vendor.forgets) continue;
    const Shown told = shown(vendor, *remote, Place::item, as_of);
    if (vendor.lists(told, request)) found.push_back(&*remote);
  }
  return found;
}

Answer VendorEngine::list(const Vendor& vendor, const Request& request) {
  const auto all = listed(vendor, request);
  const Time as_of = world_.clock.now() - std::chrono::milliseconds(world_.switches.vendor_list_lag_ms);
  const PageQuery& query = vendor.query;
  const auto shorter = static_cast<std::size_t>(world_.switches.vendor_page_size);
  Page page;
  page.limit = std::clamp<std::size_t>(number_in(request, query.limit, query.usual), 1, query.most);
  if (query.limit != nullptr && shorter > 0) page.limit = std::min(page.limit, shorter);
  page.offset = std::min(first_of(query, request, page.limit, all, world_.ledger), all.size());
  page.number = page.offset / page.limit + 1;
  page.total = all.size();
  const std::size_t end = std::min(page.offset + page.limit, all.size());
  page.left = all.size() - end;
  for (std::size_t i = page.offset; i < end; ++i) {
    page.items.push_back(vendor.show(shown(vendor, *all[i], Place::item, as_of)));
    page.last_id = all[i]->id;
  }
  return vendor.page(std::move(page));
}

void VendorEngine::schedule(Remote& remote) {
  const VendorSession& session = session_of(remote);
  std::optional<Time> due;
  const auto sooner = [&](Time time) { due = due ? std::min(*due, time) : time; };
  if (remote.ended_at) {
    if (session.erased_after && !session.erased_at) sooner(*remote.ended_at + *session.erased_after);
  } else {
    if (session.runs_at) sooner(*session.runs_at);
    if (session.idle) sooner(remote.last_activity_at + *session.idle);
    if (session.deadline) sooner(*session.deadline);
  }
  world_.ledger.set_due(remote, due);
}

void VendorEngine::on_due(Remote& remote, Time when) {
  const Vendor& vendor = *vendor_of(remote.provider);
  VendorSession& session = session_of(remote);
  if (remote.ended_at) {
    session.erased_at = when;
  } else if (session.deadline && when >= *session.deadline) {
    end(remote, "timed_out", "max_duration", when);
    if (vendor.bills_until_erased) session.erased_at = when;
  } else if (session.idle && when >= remote.last_activity_at + *session.idle) {
    end(remote, "timed_out", "idle_timeout", when);
  } else {
    remote.state = vendor.words.running;
    session.runs_at.reset();
    schedule(remote);
  }
}

void VendorEngine::end(Remote& remote, const std::string& as, const std::string& reason, Time when) {
  if (remote.ended_at) return;
  const Vendor& vendor = *vendor_of(remote.provider);
  const char* const word = as == "error"       ? vendor.words.failed
                           : as == "timed_out" ? vendor.words.timed_out
                                               : vendor.words.stopped;
  world_.ledger.end(remote, word, reason, when);
  if (vendor.forgets) session_of(remote).erased_at = when;
  schedule(remote);
}

const std::vector<Vendor>& vendors() {
  static const std::vector<Vendor> all{browserbase(), e2b(), kernel(), steel(), browser_use(), daytona()};
  return all;
}

const Vendor* vendor_of(Provider provider) {
  for (const Vendor& vendor : vendors()) {
    if (vendor.provider == provider) return &vendor;
  }
  return nullptr;
}

}  // namespace sandbox
