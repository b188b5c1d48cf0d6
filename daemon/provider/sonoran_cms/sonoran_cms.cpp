#include "provider/sonoran_cms/sonoran_cms.h"

#include <algorithm>

#include "base/text.h"
#include "provider/listing.h"

namespace keeper {
namespace {

constexpr const char* sessions_path = "/v2/community/sessions";

bool is_set(const Json& row, const char* name) { return !is_no_time(member(row, name)); }

Remote ended(const RemoteId& id) {
  Remote remote;
  remote.id = id;
  remote.progress = Progress::ended;
  remote.state = State::closed;
  return remote;
}

// Sonoran answers 200 with this text where it serves nothing: nothing can have happened.
std::optional<Error> odd_answer(HttpResponse& response, const Json* json, Purpose purpose, Wall) {
  const bool is_unread = json != nullptr || response.status / 100 != 2 || !response.cut_short.empty();
  if (is_unread || response.body.find("Backend Service Reached") == std::string::npos) return std::nullopt;
  const ErrorKind kind = purpose == Purpose::start ? ErrorKind::denied : ErrorKind::malformed;
  return Error{kind, "nothing is served at this path (" + text_of(response) + "): check base_url"};
}

}  // namespace

struct Sonoran::Target {
  std::string server_id;
  std::string account_id;
  std::string body;
};

// There is no status field: the row's marks of an end are the status. sysStatus is none, it is true after a
// cancel as well.
Remote sonoran_reading(const Json& row) {
  Remote remote;
  remote.id = id_at(row, "id");
  remote.created_at = time_at(row, "startedAt");
  remote.ended_at = time_at(row, "endedAt");
  const bool is_cancelled = is_set(row, "cancelledBy");
  if (is_cancelled || is_set(row, "endedAt") || is_set(row, "endedBy")) {
    remote.progress = Progress::ended;
    remote.state = State::closed;
    remote.reason = Reason::ended_elsewhere;
  }
  remote.native_status = is_cancelled                         ? "cancelled"
                         : remote.progress == Progress::ended ? "ended"
                                                              : "running";
  return remote;
}

Result<Remote> sonoran_remote(const Json& row) {
  Remote remote = sonoran_reading(row);
  if (remote.id.empty()) return Error{ErrorKind::malformed, "the answer has no session id"};
  return remote;
}

Sonoran::Sonoran(const ProviderSettings& settings)
    : name_(settings.name),
      api_(
          settings, [key = settings.api_key] { return "Bearer " + key.reveal(); }, odd_answer) {}

Result<Sonoran::Target> Sonoran::target_of(const Effect& effect) const {
  const Json asked = parse_json(effect.parameters).value_or(Json());
  const auto server_id = integer_at(asked, "serverId");
  const auto account_id = text_at(asked, "accId");
  if (!server_id || !account_id) {
    return Error{ErrorKind::denied, name_.str() + ": the session's parameters have no serverId and accId"};
  }
  return Target{std::to_string(*server_id), *account_id,
                json_text(Json{{"serverId", *server_id}, {"accId", *account_id}})};
}

Task<Reply> Sonoran::start(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  const auto target = target_of(effect);
  if (!target) co_return reply_of(visit, target.error());
  const ProviderCall call{Purpose::start, "POST", sessions_path, target->body};
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  const Json& row = member(*answer.json, "data");
  auto remote = sonoran_remote(row);
  if (!remote)
    co_return reply_of(visit, api_.explain(visit, call, misunderstood(call.purpose, remote.error().what)));
  // Undocumented: a start may answer with the session that already runs there. That startedBy echoes accId is
  // an inference, so the session's age decides as well.
  const auto starter = text_at(row, "startedBy");
  if (starter && !equal_ignoring_case(*starter, target->account_id))
    remote->other_starter = api_.harmless(visit, "account " + *starter);
  co_return reply_of(visit, std::move(remote));
}

// What is answered when nothing runs is undocumented: `data: null`, a 204 or a 404.
Task<Result<Json>> Sonoran::current(Visit& visit, const Target& target) {
  const ProviderCall call{Purpose::read, "GET",
                          std::string(sessions_path) + "/current?serverId=" + target.server_id};
  ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json && answer.json.error().kind == ErrorKind::gone) co_return Json();
  if (!answer.json) co_return answer.json.error();
  const Json& row = member(*answer.json, "data");
  if (row.is_object()) co_return row;
  const bool is_none = row.is_null() && answer.json->is_object() && answer.json->contains("data");
  if (is_none || (answer.status == 204 && answer.is_empty)) co_return Json();
  co_return api_.explain(visit, call, misunderstood(call.purpose, "the answer has no session"));
}

// Without a server, or with an unknown one, the refusal still tells that the key was accepted.
Task<Result<Checked>> Sonoran::check() {
  const ProviderCall call{Purpose::read, "GET", std::string(sessions_path) + "/current?serverId=1"};
  co_return co_await api_.probe(call);
}

Task<Reply> Sonoran::find(const Effect& effect) {
  Visit visit = api_.begin();
  const auto target = target_of(effect);
  if (!target) co_return reply_of(visit, target.error());
  const auto row = co_await current(visit, *target);
  if (!row) co_return reply_of(visit, row.error());
  const auto starter = text_at(*row, "startedBy");
  const bool is_ours = starter && equal_ignoring_case(*starter, target->account_id);
  if (!is_ours) co_return Reply{std::vector<Remote>{}, visit.provider_now, true};
  co_return shown(visit, effect, *row);
}

// A row that cannot be read is still there: it may be ours.
Reply Sonoran::shown(const Visit& visit, const Effect& effect, const Json& row) const {
  Listing listing(effect);
  Remote remote = sonoran_reading(row);
  if (listing.admits(remote) && remote.progress != Progress::ended) listing.add(std::move(remote));
  return std::move(listing).reply(visit, true);
}

Task<Reply> Sonoran::list(const Effect& effect) {
  Visit visit = api_.begin();
  const auto target = target_of(effect);
  if (!target) co_return reply_of(visit, target.error());
  const auto row = co_await current(visit, *target);
  if (!row) co_return reply_of(visit, row.error());
  if (row->is_null()) co_return Reply{std::vector<Remote>{}, visit.provider_now, true};
  co_return shown(visit, effect, *row);
}

Task<Result<Remote>> Sonoran::read(Visit& visit, const Target& target, const RemoteId& id) {
  const auto row = co_await current(visit, target);
  if (!row) co_return row.error();
  const std::string server = name_.str() + ": server " + target.server_id;
  if (row->is_null()) co_return Error{ErrorKind::gone, server + " has no session now"};
  auto remote = sonoran_remote(*row);
  if (remote && remote->id != id) co_return Error{ErrorKind::gone, server + " has another session now"};
  co_return remote;
}

Task<Reply> Sonoran::observe(const Effect& effect) {
  Visit visit = api_.begin(effect);
  const auto target = target_of(effect);
  if (!target) co_return reply_of(visit, target.error());
  auto remote = co_await read(visit, *target, effect.remote);
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> Sonoran::keep_alive(const Effect& effect) { co_return co_await observe(effect); }

// After a stop that the server neither refused nor clearly confirmed.
Task<Result<Remote>> Sonoran::confirm_end(Visit& visit, const Target& target, const RemoteId& id,
                                          Result<Remote> otherwise) {
  auto now = co_await read(visit, target, id);
  if (!now && now.error().kind == ErrorKind::gone) co_return ended(id);
  if (!now) co_return now;
  if (now->progress == Progress::ended) co_return now;
  co_return otherwise ? std::move(otherwise) : contradicted(otherwise.error());
}

Task<Reply> Sonoran::stop(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  const auto target = target_of(effect);
  if (!target) co_return reply_of(visit, target.error());
  // The call names a server: without this look it would end somebody else's session.
  auto before = co_await read(visit, *target, effect.remote);
  if (!before && before.error().kind == ErrorKind::gone) co_return reply_of(visit, ended(effect.remote));
  if (!before) co_return reply_of(visit, before.error());
  if (before->progress == Progress::ended) {
    before->reason = std::nullopt;
    co_return reply_of(visit, std::move(before));
  }
  // A cancel answers 204 without a row.
  const ProviderCall call{Purpose::change, effect.cancel ? "DELETE" : "PATCH", sessions_path, target->body};
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  Result<Remote> after =
      answer.json ? sonoran_remote(member(*answer.json, "data")) : Result<Remote>(answer.json.error());
  // The documented sample of this answer shows no end; an error may say that it had already ended.
  const bool is_unclear = after ? after->progress != Progress::ended || after->id != effect.remote
                                : answer.json || must_read_after_stop(answer);
  if (is_unclear) {
    auto unconfirmed = after && after->id != effect.remote ? before : after;
    after = co_await confirm_end(visit, *target, effect.remote, std::move(unconfirmed));
  }
  if (after) after->reason = std::nullopt;
  co_return reply_of(visit, std::move(after));
}

std::unique_ptr<Provider> make_sonoran_cms(const ProviderSettings& settings, const ProviderContext&) {
  return std::make_unique<Sonoran>(settings);
}

}  // namespace keeper
