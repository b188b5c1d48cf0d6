#include "provider/videosdk/videosdk.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "provider/environment.h"
#include "provider/listing.h"

namespace keeper {
namespace {

constexpr const char* sessions_path = "/ai/v1/ai-deployment-sessions";
constexpr const char* instance_tag = "session_keeper_instance";
constexpr const char* session_tag = "session_keeper_session";
constexpr int page_size = 100;
constexpr int pages_max = 200;

// The REST words between queued and completed are unpublished; these are those of the webhook's page. Another
// word moves nothing, unless the session has an end.
void map_status(Remote* remote) {
  const std::string status = lower_case(remote->native_status);
  if (status == "running" || status == "started") return;
  const bool is_known = status == "queued" || status == "starting" || status == "failed";
  if (status == "stopping") {
    remote->progress = Progress::stopping;
  } else if (status == "completed" || status == "stopped" || (!is_known && remote->ended_at)) {
    remote->progress = Progress::ended;
    remote->state = State::closed;
    remote->reason = Reason::ended_by_provider;
  } else if (status == "failed") {
    remote->progress = Progress::ended;
    remote->state = State::error;
    remote->reason = Reason::provider_failed;
  } else {
    remote->progress = status == "starting" ? Progress::starting : Progress::asked;
    remote->state = State::queued;
  }
}

// The answer spells `metadata`, the request `metaData`.
const Json& metadata_of(const Json& session) {
  const Json& metadata = member(session, "metadata");
  return metadata.is_null() ? member(session, "metaData") : metadata;
}

RemoteId id_of(const Json& session) { return normalised_id(id_text(member(session, "sessionId"))); }

}  // namespace

Remote videosdk_reading(const Json& session) {
  Remote remote;
  remote.id = id_of(session);
  remote.native_status = text_at(session, "status").value_or("");
  remote.created_at = time_at(session, "createdAt");
  if (!remote.created_at) remote.created_at = time_at(session, "start");
  remote.ended_at = time_at(session, "end");
  map_status(&remote);
  return remote;
}

Result<Remote> videosdk_remote(const Json& session) {
  Remote remote = videosdk_reading(session);
  if (remote.id.empty()) return Error{ErrorKind::malformed, "the answer has no sessionId"};
  return remote;
}

Videosdk::Videosdk(const ProviderSettings& settings, ProviderContext context)
    : name_(settings.name),
      context_(std::move(context)),
      token_(settings),
      api_(settings, [this] { return token_.at(wall_now()); }) {}

Task<ProviderAnswer> Videosdk::ask(Visit& visit, const ProviderCall& call) {
  ProviderAnswer answer = co_await api_.ask(visit, call);
  if (answer.status == 401) token_.forget();
  co_return answer;
}

Result<Remote> Videosdk::mapped(const Visit& visit, const ProviderCall& call, const Json& session) const {
  auto remote = videosdk_remote(session);
  if (!remote) return api_.explain(visit, call, misunderstood(call.purpose, remote.error().what));
  remote->native_status = api_.harmless(visit, remote->native_status);
  return remote;
}

Result<std::string> Videosdk::start_body(Visit& visit, const Effect& effect) const {
  const auto parsed = parse_json(effect.parameters.empty() ? "{}" : effect.parameters);
  if (!parsed || !parsed->is_object()) {
    return Error{ErrorKind::denied, name_.str() + ": the session's parameters are not a JSON object"};
  }
  Json body = *parsed;
  if (body.contains("env")) {
    const Status resolved = resolve_environment(context_, &body["env"], &visit.secrets);
    if (!resolved) return Error{resolved.error().kind, name_.str() + ": " + resolved.error().what};
  }
  Json metadata = member(body, "metaData");
  if (!metadata.is_object()) metadata = Json::object();
  metadata[instance_tag] = effect.instance.str();
  metadata[session_tag] = effect.session.str();
  body["metaData"] = std::move(metadata);
  if (!context_.webhook_public_url.empty()) {
    Json events = Json::array();
    for (const char* event : {"starting", "started", "stopping", "stopped", "failed"}) {
      events.push_back(std::string("ai-deployment-session-") + event);
    }
    body["webhook"] = Json::object();
    std::string url = context_.webhook_public_url + "/hooks/" + encode_percent(name_.str());
    if (!context_.webhook_token.empty()) {
      url += "/" + context_.webhook_token.reveal();
      visit.secrets.push_back(context_.webhook_token.reveal());
    }
    body["webhook"]["endPoint"] = std::move(url);
    body["webhook"]["events"] = std::move(events);
  }
  return json_text(body);
}

Task<Reply> Videosdk::start(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  auto body = start_body(visit, effect);
  if (!body) co_return reply_of(visit, body.error());
  const ProviderCall call{Purpose::start, "POST", std::string(sessions_path) + "/start", std::move(*body)};
  std::optional<Wall> token_ends;
  if (confirmation != nullptr) {
    const Wall now = wall_now();
    // A token knows whole seconds. The lease's margin has room for one more.
    token_ends = std::chrono::ceil<Seconds>(now + (confirmation->lead_until() - BootClock::now()));
    visit.authorization = token_.until(now, *token_ends);
  }
  const ProviderAnswer answer = co_await ask(visit, call);
  // Its own end explains the refusal: that of a start which came too late, not of the credentials.
  const bool came_late = answer.status == 401 && token_ends && visit.provider_now >= *token_ends - Seconds{1};
  if (came_late) {
    co_return reply_of(
        visit, api_.explain(visit, call, {ErrorKind::not_applied, "the start came after the lease's end"}));
  }
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  auto remote = mapped(visit, call, member(*answer.json, "data"));
  if (remote) remote->tag = effect.session;
  co_return reply_of(visit, std::move(remote));
}

// Ends early where `see` has seen enough. True: the list was read to its end, as far as its numbers tell.
Task<Result<bool>> Videosdk::walk_list(Visit& visit, const See& see) {
  std::set<std::string> seen;
  for (int page = 1; page <= pages_max; ++page) {
    ProviderCall call{Purpose::read, "GET",
                      std::string(sessions_path) + "?page=" + std::to_string(page) +
                          "&perPage=" + std::to_string(page_size)};
    call.body_bytes_max = 4U << 20U;
    const ProviderAnswer answer = co_await ask(visit, call);
    if (!answer.json) co_return answer.json.error();
    const auto items = items_in(answer, member(*answer.json, "data"));
    if (!items) co_return api_.explain(visit, call, items.error());
    const Json& sessions = **items;
    bool has_new = false;
    for (const Json& session : sessions) {
      has_new = seen.insert(id_text(member(session, "sessionId"))).second || has_new;
      if (see(session)) co_return false;
    }
    // `total` means pages or items, so only totalItems counts.
    const Json& info = member(*answer.json, "pageInfo");
    if (const auto total = integer_at(info, "totalItems")) {
      const bool has_all = static_cast<std::int64_t>(seen.size()) >= *total;
      if (has_all || !has_new) co_return has_all;
      continue;
    }
    // A server may cap the page below what was asked, and says so by perPage; else only an empty page, or a
    // server that heeds no page at all, shows the end.
    const auto size = static_cast<std::int64_t>(sessions.size());
    const auto told = integer_at(info, "perPage");
    if (sessions.empty() || (told && size < std::min<std::int64_t>(*told, page_size))) co_return true;
    if (!has_new) co_return size < page_size;
  }
  co_return Error{ErrorKind::malformed, name_.str() + ": the list of sessions does not end within " +
                                            std::to_string(pages_max) + " pages"};
}

// Every session that `wanted` takes, until it says that it has seen enough.
Task<Reply> Videosdk::collect(const Effect& effect, const Picks& wanted, const Picks& enough) {
  Visit visit = api_.begin();
  Listing listing(effect);
  const See see = [&](const Json& session) {
    const Json& metadata = metadata_of(session);
    const auto tag = text_at(metadata, session_tag);
    const bool is_ours = tag && text_at(metadata, instance_tag) == effect.instance.str();
    Remote remote = videosdk_reading(session);
    remote.native_status = api_.harmless(visit, remote.native_status);
    if (is_ours) remote.tag = SessionId{*tag};
    if (!listing.admits(remote) || !wanted(remote)) return false;
    const bool is_enough = enough(remote);
    listing.add(std::move(remote));
    return is_enough;
  };
  const Result<bool> walked = co_await walk_list(visit, see);
  if (!walked) co_return reply_of(visit, walked.error());
  co_return std::move(listing).reply(visit, *walked);
}

Task<Reply> Videosdk::find(const Effect& effect) {
  const Picks wanted = [](const Remote& remote) { return remote.tag.has_value(); };
  const Picks enough = [&](const Remote& remote) { return remote.tag == effect.session; };
  co_return co_await collect(effect, wanted, enough);
}

Task<Reply> Videosdk::list(const Effect& effect) {
  const Picks wanted = [](const Remote& remote) { return remote.progress != Progress::ended; };
  const Picks enough = [](const Remote&) { return false; };
  co_return co_await collect(effect, wanted, enough);
}

Task<Result<Checked>> Videosdk::check() {
  const ProviderCall call{Purpose::read, "GET", std::string(sessions_path) + "?page=1&perPage=1"};
  co_return co_await api_.probe(call);
}

// A 404 or 402 on a read may only mean "no such room", and a 400 "no such session": the list decides.
Task<Result<Remote>> Videosdk::look_in_list(Visit& visit, const Effect& effect) {
  const ProviderCall call{Purpose::read, "GET", sessions_path};
  const std::string who = name_.str() + ": ";
  Result<Remote> found =
      Error{ErrorKind::gone, who + "the provider no longer lists session " + printable(effect.remote.str())};
  Listing listing(effect);
  const See see = [&](const Json& session) {
    if (!listing.admits(videosdk_reading(session)) || id_of(session) != effect.remote) return false;
    found = mapped(visit, call, session);
    return true;
  };
  const Result<bool> walked = co_await walk_list(visit, see);
  if (!walked) co_return walked.error();
  if (!found && !listing.is_whole())
    co_return Error{ErrorKind::malformed, who + "an item of the list of sessions cannot be read"};
  const bool is_absent = !found && found.error().kind == ErrorKind::gone;
  if (is_absent && !*walked) co_return contradicted(found.error());
  co_return found;
}

Task<Result<Remote>> Videosdk::read(Visit& visit, const Effect& effect) {
  const ProviderCall call{Purpose::read, "GET",
                          std::string(sessions_path) + "/" + encode_percent(effect.remote.str())};
  const ProviderAnswer answer = co_await ask(visit, call);
  if (!answer.json) {
    const bool is_unclear = answer.status == 400 || answer.status == 402 || answer.status == 404;
    if (is_unclear) co_return co_await look_in_list(visit, effect);
    co_return answer.json.error();
  }
  // Documented as a bare object; every other call of the same API wraps it.
  const Json& wrapped = member(*answer.json, "data");
  auto remote = mapped(visit, call, wrapped.is_object() ? wrapped : *answer.json);
  if (remote && remote->id != effect.remote) {
    co_return api_.explain(visit, call, Error{ErrorKind::malformed, "the answer is about another session"});
  }
  co_return remote;
}

Task<Reply> Videosdk::observe(const Effect& effect) {
  Visit visit = api_.begin(effect);
  auto remote = co_await read(visit, effect);
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> Videosdk::keep_alive(const Effect& effect) { co_return co_await observe(effect); }

Task<Reply> Videosdk::stop(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  const ProviderCall call{Purpose::change, "POST", std::string(sessions_path) + "/end",
                          json_text(Json{{"sessionId", effect.remote.str()}})};
  const ProviderAnswer answer = co_await ask(visit, call);
  Result<Remote> remote =
      answer.json ? mapped(visit, call, member(*answer.json, "data")) : Result<Remote>(answer.json.error());
  if (!remote) {
    // What the end of an ended session answers is undocumented: the session itself decides.
    const bool is_unclear = answer.json || must_read_after_stop(answer);
    if (is_unclear) {
      auto shown = co_await read(visit, effect);
      remote = confirmed_end(remote.error(), std::move(shown));
    }
  }
  // We asked for this end.
  if (remote && remote->reason == Reason::ended_by_provider) remote->reason = std::nullopt;
  co_return reply_of(visit, std::move(remote));
}

std::unique_ptr<Provider> make_videosdk(const ProviderSettings& settings, const ProviderContext& context) {
  return std::make_unique<Videosdk>(settings, context);
}

}  // namespace keeper
