#include "provider/described/described.h"

#include "provider/described/call_template.h"
#include "provider/described/described_reading.h"

namespace keeper {
namespace {

std::string listed(const Pointers& pointers) {
  std::string text;
  for (const std::string& pointer : pointers) text += (text.empty() ? "" : " or ") + pointer;
  return text;
}

}  // namespace

Described::Described(const ProviderSettings& settings)
    : description_(settings.description),
      api_key_(settings.api_key),
      api_(settings, [] { return std::string{}; }) {}

Remote Described::reading_of(const Visit& visit, const Effect& effect, const Json& item) const {
  Remote remote = described_reading(description_, effect, item, visit.provider_now.value_or(wall_now()));
  remote.native_status = api_.harmless(visit, remote.native_status);
  remote.detail = api_.harmless(visit, remote.detail);
  return remote;
}

Result<Remote> Described::remote_in(const Visit& visit, const ProviderCall& call, const Effect& effect,
                                    const Json& item) const {
  Remote remote = reading_of(visit, effect, item);
  if (!remote.id.empty()) return remote;
  return api_.explain(visit, call,
                      misunderstood(call.purpose, "the answer has no id at " + listed(description_.id)));
}

Task<Reply> Described::start(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  ProviderCall call = filled_call(description_, api_key_, Purpose::start, description_.start, effect);
  if (const Status tagged = add_tag(description_.tag_in_start, effect, call); !tagged) {
    co_return reply_of(visit, tagged.error());
  }
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  const bool is_there = answer.status != 0 && answer.status == description_.exists && description_.find;
  if (!answer.json && is_there) {
    auto remote = co_await read_ours(visit, effect);
    if (!remote)
      remote = Error{ErrorKind::maybe_applied, answer.json.error().what + "; " + remote.error().what};
    co_return reply_of(visit, std::move(remote));
  }
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  auto remote = remote_in(visit, call, effect, part(*answer.json, description_.start.item));
  if (remote && !description_.tag_in_start.empty()) remote->tag = effect.session;
  co_return reply_of(visit, std::move(remote));
}

// Gone: no session has our id.
Task<Result<Remote>> Described::read_ours(Visit& visit, const Effect& effect) {
  const ProviderCall call = filled_call(description_, api_key_, Purpose::read, *description_.find, effect);
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return answer.json.error();
  auto remote = remote_in(visit, call, effect, part(*answer.json, description_.find->item));
  if (!remote) co_return remote;
  // A tag may be cut short.
  if (remote->tag && !effect.session.str().starts_with(remote->tag->str())) {
    co_return api_.explain(visit, call, Error{ErrorKind::malformed, "the answer is about another session"});
  }
  remote->tag = effect.session;
  co_return remote;
}

Task<Reply> Described::find(const Effect& effect) {
  if (!description_.find) co_return co_await list(effect);
  Visit visit = api_.begin();
  auto remote = co_await read_ours(visit, effect);
  const bool is_absent = !remote && remote.error().kind == ErrorKind::gone;
  if (is_absent) co_return Reply{std::vector<Remote>{}, visit.provider_now, true};
  co_return reply_of(visit, std::move(remote));
}

Task<Result<Remote>> Described::read(Visit& visit, const Effect& effect) {
  const ProviderCall call = filled_call(description_, api_key_, Purpose::read, description_.status, effect);
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return answer.json.error();
  auto remote = remote_in(visit, call, effect, part(*answer.json, description_.status.item));
  if (remote && remote->id != effect.remote) {
    co_return api_.explain(visit, call, Error{ErrorKind::malformed, "the answer is about another session"});
  }
  co_return remote;
}

Task<Reply> Described::observe(const Effect& effect) {
  Visit visit = api_.begin(effect);
  auto remote = co_await read(visit, effect);
  co_return reply_of(visit, std::move(remote));
}

// Only a read shows whether the session is gone; where no last activity is described, only the heartbeat's
// own answer says whether it counted.
Task<Reply> Described::keep_alive(const Effect& effect) {
  if (!description_.heartbeat) co_return co_await observe(effect);
  Visit visit = api_.begin(effect);
  ProviderCall call = filled_call(description_, api_key_, Purpose::change, *description_.heartbeat, effect);
  call.discard_body = true;
  const ProviderAnswer answer = co_await api_.ask_leaving_time(visit, call);
  if (!answer.json && is_vain_to_read(answer.json.error().kind))
    co_return reply_of(visit, answer.json.error());
  auto remote = co_await read(visit, effect);
  if (remote && !answer.json) remote->heartbeat_error = answer.json.error().what;
  // A read that came to nothing says nothing against a heartbeat that was taken.
  const auto no_reading = [](ErrorKind kind) {
    return kind == ErrorKind::maybe_applied || kind == ErrorKind::not_applied || kind == ErrorKind::malformed;
  };
  const bool is_taken = answer.json && description_.heartbeat_proof == HeartbeatProof::answer;
  if (is_taken && !remote && no_reading(remote.error().kind)) {
    Remote kept;
    kept.id = effect.remote;
    co_return reply_of(visit, std::move(kept));
  }
  co_return reply_of(visit, std::move(remote));
}

// The session itself decides whether it ended: a stop may be refused after its effect.
Task<Reply> Described::stop(const Effect& effect, Confirmation* confirmation) {
  Visit visit = api_.begin(confirmation);
  ProviderCall call = filled_call(description_, api_key_, Purpose::change, description_.stop, effect);
  call.discard_body = true;
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json && !must_read_after_stop(answer)) co_return reply_of(visit, answer.json.error());
  auto remote = co_await read(visit, effect);
  if (!answer.json) remote = confirmed_end(answer.json.error(), std::move(remote));
  // The stop was accepted, so that it ended.
  if (answer.json && !remote && remote.error().kind == ErrorKind::gone) {
    Remote ended;
    ended.id = effect.remote;
    ended.progress = Progress::ended;
    ended.state = State::closed;
    co_return reply_of(visit, std::move(ended));
  }
  // We asked for this end.
  if (remote && remote->reason == Reason::ended_elsewhere) remote->reason = std::nullopt;
  co_return reply_of(visit, std::move(remote));
}

Task<Reply> Described::clean_up(const Effect& effect) {
  if (!description_.cleanup) co_return co_await Provider::clean_up(effect);
  Visit visit = api_.begin();
  ProviderCall call = filled_call(description_, api_key_, Purpose::change, *description_.cleanup, effect);
  call.discard_body = true;
  const ProviderAnswer answer = co_await api_.ask(visit, call);
  if (!answer.json) co_return reply_of(visit, answer.json.error());
  co_return Reply{std::vector<Remote>{}, visit.provider_now};
}

std::unique_ptr<Provider> make_described(const ProviderSettings& settings, const ProviderContext&) {
  return std::make_unique<Described>(settings);
}

}  // namespace keeper
