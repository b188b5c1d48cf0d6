#include "provider/notte/notte.h"

namespace keeper {
namespace {

// Every call carries the session's fields again. keep_alive is what keeps an operation from closing the
// session behind itself (nottelabs/notte at 7998a9e4); the plan's own value counts for the start alone.
std::string session_body(const Effect& effect, bool is_operation) {
  Json body = parse_json(effect.parameters).value_or(Json::object());
  if (!body.is_object()) body = Json::object();
  body["session_id"] = effect.remote.str();
  if (is_operation) body["keep_alive"] = true;
  return json_text(body);
}

// There is no read that could decide whether a session is gone: the words of a refusal have to. What we say
// ourselves of an answer that is cut short ("closed") is none.
Error with_words_heeded(const ProviderAnswer& answer) {
  Error error = answer.json.error();
  if (error.kind != ErrorKind::malformed || answer.status < 400) return error;
  for (const char* words : {"not found", "already", "closed", "does not exist", "unknown", "no session"}) {
    if (error.what.find(words) != std::string::npos) error.kind = ErrorKind::gone;
  }
  return error;
}

Result<Remote> legacy_remote(const Json& session) {
  auto remote = notte_remote(session);
  // The documented minimum has only session_id and error.
  if (remote && remote->native_status.empty() && remote->detail.empty()) {
    remote->progress = Progress::started;
    remote->state = State::active;
  }
  return remote;
}

}  // namespace

NotteLegacy::NotteLegacy(const ProviderSettings& settings)
    : api_(
          settings, [key = settings.api_key] { return "Bearer " + key.reveal(); }, notte_odd_answer) {}

Task<Reply> NotteLegacy::start(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  const ProviderCall call{Purpose::start, "POST", "/session/start",
                          effect.parameters.empty() ? "{}" : effect.parameters};
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  auto remote = legacy_remote(*answer.json);
  if (!remote) {
    const auto failed = text_at(*answer.json, "error");
    co_return reply_of(
        visit, api_.explain(visit, call, misunderstood(call.purpose, failed.value_or(remote.error().what))));
  }
  remote->detail = api_.harmless(visit, remote->detail);
  remote->native_status = api_.harmless(visit, remote->native_status);
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> NotteLegacy::find(const Effect& effect) {
  co_return Reply{
      Error{ErrorKind::denied,
            effect.provider.str() + ": the legacy dialect has no list, so that a start cannot be looked up"},
      std::nullopt};
}

Task<Reply> NotteLegacy::list(const Effect& effect) { co_return co_await find(effect); }

Task<Result<Remote>> NotteLegacy::touch(Visit& visit, const Effect& effect) {
  ProviderCall call{Purpose::change, "POST", "/env/observe", session_body(effect, true)};
  call.body_bytes_max = 16U << 20U;
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return with_words_heeded(answer);
  auto remote = legacy_remote(member(*answer.json, "session"));
  if (!remote) co_return api_.explain(visit, call, misunderstood(call.purpose, remote.error().what));
  if (remote->id != effect.remote) {
    // The operation found no such session and made one of its own: nobody else will close it.
    Effect stray = effect;
    stray.remote = remote->id;
    const ProviderCall close{Purpose::change, "POST", "/session/close", session_body(stray, false)};
    static_cast<void>(co_await api_.ask(visit, close));
    co_return api_.explain(visit, call, Error{ErrorKind::gone, "the provider no longer knows the session"});
  }
  remote->detail = api_.harmless(visit, remote->detail);
  remote->native_status = api_.harmless(visit, remote->native_status);
  co_return remote;
}

// There is no read that leaves the idle clock alone.
Task<Reply> NotteLegacy::observe(const Effect& effect) { co_return co_await keep_alive(effect); }

Task<Reply> NotteLegacy::keep_alive(const Effect& effect) {
  Visit visit = api_.begin(effect);
  auto remote = co_await touch(visit, effect);
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> NotteLegacy::stop(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  const ProviderCall call{Purpose::change, "POST", "/session/close", session_body(effect, false)};
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, with_words_heeded(answer));
  auto remote = notte_remote(*answer.json);
  if (!remote)
    co_return reply_of(visit, api_.explain(visit, call, misunderstood(call.purpose, remote.error().what)));
  remote->detail = api_.harmless(visit, remote->detail);
  remote->native_status = api_.harmless(visit, remote->native_status);
  // A close that was not refused is the end, also where the answer has no status.
  if (remote->detail.empty() && remote->native_status.empty()) {
    remote->progress = Progress::ended;
    remote->state = State::closed;
  }
  if (remote->reason == Reason::ended_elsewhere) remote->reason = std::nullopt;
  co_return reply_of(visit, std::move(remote));
}

}  // namespace keeper
