#include "provider/notte/notte.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "provider/listing.h"

namespace keeper {
namespace {

constexpr std::size_t observe_bytes_max = 16U << 20U;  // it answers with a screenshot, which is thrown away
constexpr Millis wait_at_529{Seconds{30}};
constexpr int page_size = 50;
constexpr int pages_max = 100;

void end(Remote* remote, State state, std::optional<Reason> reason) {
  remote->progress = Progress::ended;
  remote->state = state;
  remote->reason = reason;
}

bool is_echoed(const Json& asked, const Json& session, const char* name) {
  const auto wanted = integer_at(asked, name);
  const auto echoed = integer_at(session, name);
  return !wanted || !echoed || *wanted == *echoed;
}

// A session that the start may have made. There is no tag: what was asked for must at least be echoed.
bool is_candidate(const Json& asked, const Json& session) {
  return is_echoed(asked, session, "idle_timeout_minutes") &&
         is_echoed(asked, session, "max_duration_minutes");
}

// What GET /usage says of a start that was refused with 402; empty where it tells nothing. The members are
// those that Notte's client reads.
std::string shortage_in(const Json& usage) {
  if (member(usage, "is_usage_limit_exceeded") == Json(true)) {
    const std::string plan = text_at(usage, "plan_type").value_or("");
    return "the period's allowance" + (plan.empty() ? std::string() : " of the plan " + plan) + " is used up";
  }
  const Json& balance = member(usage, "balance_amount");
  if (balance.is_number() && balance.get<double>() <= 0) return "the balance is " + balance.dump();
  return {};
}

std::string session_path(const Effect& effect, const char* rest) {
  return "/sessions/" + encode_percent(effect.remote.str()) + rest;
}

}  // namespace

Remote notte_reading(const Json& session) {
  Remote remote;
  remote.id = id_at(session, "session_id");
  remote.native_status = text_at(session, "status").value_or("");
  remote.detail = text_at(session, "error").value_or("");
  remote.created_at = time_at(session, "created_at");
  remote.last_activity_at = time_at(session, "last_accessed_at");
  remote.ended_at = time_at(session, "closed_at");
  remote.idle_timeout = minutes_at(session, "idle_timeout_minutes");
  if (!remote.idle_timeout) remote.idle_timeout = minutes_at(session, "timeout_minutes");
  remote.maximum = minutes_at(session, "max_duration_minutes");
  const std::string& status = remote.native_status;
  if (status == "active") return remote;
  if (status == "closed") {
    end(&remote, State::closed, Reason::ended_elsewhere);
  } else if (status == "error") {
    end(&remote, State::error, Reason::provider_failed);
  } else if (status == "timed_out") {
    end(&remote, State::timed_out, reason_of_timeout(remote));
  } else if (remote.ended_at) {
    end(&remote, State::closed, Reason::ended_elsewhere);
  } else {
    // An unknown word moves nothing.
    remote.progress = Progress::asked;
    remote.state = State::queued;
  }
  return remote;
}

Result<Remote> notte_remote(const Json& session) {
  Remote remote = notte_reading(session);
  if (remote.id.empty()) return Error{ErrorKind::malformed, "the answer has no session_id"};
  return remote;
}

std::optional<Error> notte_odd_answer(HttpResponse& response, const Json* json, Purpose purpose, Wall now) {
  if (json != nullptr && !member(*json, "detail").is_null()) {
    const auto inner = integer_at(*json, "status");
    if (!inner || *inner < 400 || *inner > 599) return misunderstood(purpose, text_of(response));
    response.status = static_cast<int>(*inner);
  }
  // Its cluster is overloaded, and began nothing.
  if (response.status != 529) return std::nullopt;
  const Millis wait = std::max(wait_asked(response, now).value_or(wait_at_529), wait_at_529);
  return Error{ErrorKind::exhausted, text_of(response), wait};
}

Notte::Notte(const ProviderSettings& settings)
    : api_(
          settings, [key = settings.api_key] { return "Bearer " + key.reveal(); }, notte_odd_answer) {}

Result<Remote> Notte::mapped(const Visit& visit, const ProviderCall& call, const Json& session) const {
  auto remote = notte_remote(session);
  if (!remote) return api_.explain(visit, call, misunderstood(call.purpose, remote.error().what));
  return harmless(visit, *std::move(remote));
}

Remote Notte::harmless(const Visit& visit, Remote remote) const {
  remote.native_status = api_.harmless(visit, remote.native_status);
  remote.detail = api_.harmless(visit, remote.detail);
  return remote;
}

Task<Reply> Notte::start(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  ProviderCall call{Purpose::start, "POST", "/sessions/start"};
  call.body = effect.parameters.empty() ? "{}" : effect.parameters;
  // Sent by Notte's own CLI; that the server heeds it is not documented, so nothing relies on it.
  call.headers.emplace_back("Idempotency-Key", sha256_hex("session-keeper:" + effect.session.str()));
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (answer.json) co_return reply_of(visit, mapped(visit, call, *answer.json));
  Error refused = answer.json.error();
  if (answer.status == 402) {
    const std::string told = co_await shortage(visit);
    refused.what += told;
  }
  co_return reply_of(visit, std::move(refused));
}

// Whatever becomes of this read, the start stays refused as it was.
Task<std::string> Notte::shortage(Visit& visit) {
  const ProviderCall call{Purpose::read, "GET", "/usage"};
  const ProviderAnswer usage = co_await api_.ask(visit, call);
  const std::string told = usage.json ? shortage_in(*usage.json) : std::string();
  co_return told.empty() ? told : "; GET /usage: " + api_.harmless(visit, told);
}

Task<Reply> Notte::walk_active(const Effect& effect, const Wanted& wanted) {
  Visit visit = api_.begin();
  Listing listing(effect);
  for (int page = 1; page <= pages_max; ++page) {
    ProviderCall call{Purpose::read, "GET",
                      "/sessions?page=" + std::to_string(page) + "&page_size=" + std::to_string(page_size) +
                          "&only_active=true&only_current_token=true"};
    call.body_bytes_max = 4U << 20U;
    const ProviderAnswer answer = co_await api_.ask(visit, call);
    if (!answer.json) co_return reply_of(visit, answer.json.error());
    const auto items = items_in(answer, member(*answer.json, "items"));
    if (!items) co_return reply_of(visit, api_.explain(visit, call, items.error()));
    for (const Json& session : **items) {
      Remote remote = harmless(visit, notte_reading(session));
      if (!wanted(session) || !listing.admits(remote)) continue;
      if (remote.progress != Progress::ended) listing.add(std::move(remote));
    }
    const Json& has_next = member(*answer.json, "has_next");
    const bool is_empty = (*items)->empty();
    if (has_next != Json(true) || is_empty)
      co_return std::move(listing).reply(visit, has_next == Json(false) || (is_empty && has_next.is_null()));
  }
  co_return reply_of(visit, Error{ErrorKind::malformed, "the list of active sessions does not end"});
}

Task<Reply> Notte::find(const Effect& effect) {
  const Json asked = parse_json(effect.parameters).value_or(Json());
  const Wanted wanted = [&](const Json& session) { return is_candidate(asked, session); };
  co_return co_await walk_active(effect, wanted);
}

Task<Reply> Notte::list(const Effect& effect) {
  const Wanted wanted = [](const Json&) { return true; };
  co_return co_await walk_active(effect, wanted);
}

Task<Result<Checked>> Notte::check() {
  const ProviderCall call{Purpose::read, "GET",
                          "/sessions?page=1&page_size=1&only_active=true&only_current_token=true"};
  co_return co_await api_.probe(call);
}

Task<Result<Remote>> Notte::read(Visit& visit, const Effect& effect) {
  const ProviderCall call{Purpose::read, "GET", session_path(effect, "")};
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return answer.json.error();
  auto remote = mapped(visit, call, *answer.json);
  if (remote && remote->id != effect.remote) {
    co_return api_.explain(visit, call, Error{ErrorKind::malformed, "the answer is about another session"});
  }
  co_return remote;
}

Task<Reply> Notte::observe(const Effect& effect) {
  Visit visit = api_.begin(effect);
  auto remote = co_await read(visit, effect);
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> Notte::keep_alive(const Effect& effect) {
  Visit visit = api_.begin(effect);
  ProviderCall call{Purpose::change, "POST", session_path(effect, "/page/observe"),
                    R"({"perception_type":"fast"})"};
  call.body_bytes_max = observe_bytes_max;
  call.discard_body = true;
  const ProviderAnswer touched = co_await api_.ask_leaving_time(visit, call);
  if (!touched.json && is_vain_to_read(touched.json.error().kind))
    co_return reply_of(visit, touched.json.error());
  auto remote = co_await read(visit, effect);
  if (remote && !touched.json) remote->heartbeat_error = touched.json.error().what;
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> Notte::stop(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  const ProviderCall call{Purpose::change, "DELETE", session_path(effect, "/stop")};
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  Result<Remote> remote =
      answer.json ? mapped(visit, call, *answer.json) : Result<Remote>(answer.json.error());
  if (!remote) {
    // Documented as idempotent, yet a second stop may answer an error: the session itself decides.
    const bool is_unclear = answer.json || must_read_after_stop(answer);
    if (is_unclear) {
      auto shown = co_await read(visit, effect);
      remote = confirmed_end(remote.error(), std::move(shown));
    }
  }
  // We asked for this end.
  if (remote && remote->reason == Reason::ended_elsewhere) remote->reason = std::nullopt;
  co_return reply_of(visit, std::move(remote));
}

std::unique_ptr<Provider> make_notte(const ProviderSettings& settings, const ProviderContext&) {
  if (settings.dialect == NotteDialect::legacy) return std::make_unique<NotteLegacy>(settings);
  return std::make_unique<Notte>(settings);
}

}  // namespace keeper
